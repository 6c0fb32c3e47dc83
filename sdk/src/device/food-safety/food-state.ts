/**
 * Why nothing is sold for the food's sake.
 *
 * - "": it is sold.
 * - `warm`: the food was warm for longer than allowed. Latched: only a person lifts it, who has looked at the food.
 * - `thermometer`: nothing sound was heard from it for a minute. Lifts by itself when it is back; the time without it
 *   counted as warm.
 * - `storage`: the store does not take what has to survive a power cut. Lifts by itself when it does again.
 */
export type FoodLock = "" | "warm" | "thermometer" | "storage";

/** Why a person's order to sell again came to nothing. */
export type ClearRefusal = "not-locked" | "still-warm" | "thermometer" | "storage";

/** The part of the state that survives a power cut. */
export interface FoodRecord {
	/** What locked when it was written; never `storage`. */
	readonly lock: "" | "warm" | "thermometer";
	/** How long the food has been warm at a stretch; 0 while it is cold. Without power nobody counts. */
	readonly warmMs: number;
	/** When `warmMs` comes to this, it locks. */
	readonly allowedMs: number;
	/** In this stretch the door was closed after warm air had come in: a second time gives no more time. */
	readonly relieved: boolean;
}

/** The whole state: plain data, replaced and never changed in place. Times are of the caller's monotonic clock. */
export interface FoodState {
	readonly record: FoodRecord;
	/** The last sound reading, in hundredths of a degree Celsius. */
	readonly centidegrees: number | undefined;
	/** When that was; before the first one, when the controller started. */
	readonly heardAtMs: number;
	/** A sound reading came since the start. */
	readonly heard: boolean;
	/** A stretch runs: the food is warm, or nobody knows. */
	readonly warm: boolean;
	/** Up to when `record.warmMs` has counted. */
	readonly countedAtMs: number;
	readonly savedAtMs: number;
	/** When the door last closed, or a service or a defrost last began or ended. */
	readonly reliefAtMs: number | undefined;
	/** A person is at the machine: their door does not count, the end of their service does. */
	readonly service: boolean;
	/** The store has not taken the record. */
	readonly unsaved: boolean;
}

export interface FoodSettings {
	/** The food may not be warmer than this: 500 is 5 °C. */
	readonly limitCentidegrees: number;
}

/** `atMs` never goes back. */
export type FoodEvent =
	/** A reading, about every 5 s; `undefined` when there was none, or no sound one. */
	| { readonly type: "sample"; readonly centidegrees: number | undefined; readonly atMs: number }
	| { readonly type: "door-closed"; readonly atMs: number }
	| { readonly type: "service"; readonly on: boolean; readonly atMs: number }
	/** Where something tells of it. A defrost that nobody tells of is warm air like any other. */
	| { readonly type: "defrost"; readonly on: boolean; readonly atMs: number }
	/** A person has looked at the food. */
	| { readonly type: "clear"; readonly atMs: number }
	/** The time of the last effect `alarm` is over. */
	| { readonly type: "elapsed"; readonly atMs: number }
	/** The effect `persist` failed; the effects after it were not carried out. It is tried again with the next event. */
	| { readonly type: "storage-failed"; readonly atMs: number };

/** What the caller has to do, in this order, each one finished before the next begins. */
export type FoodEffect =
	/** Write the record, durably. If that fails: leave the rest and send the event `storage-failed`. */
	| { readonly type: "persist"; readonly record: FoodRecord }
	/** From now on this locks; "" opens. Sent with every change, and again where it has not changed. */
	| { readonly type: "lock"; readonly reason: FoodLock }
	/** Answer to `clear`: "" when it sells again. */
	| { readonly type: "cleared"; readonly reason: ClearRefusal | "" }
	/** Send `elapsed` after this time. There is one alarm: a new one replaces the old one, `undefined` cancels. */
	| { readonly type: "alarm"; readonly milliseconds: number | undefined };

export interface FoodTransition {
	readonly state: FoodState;
	readonly effects: readonly FoodEffect[];
}
