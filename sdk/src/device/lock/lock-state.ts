/**
 * What the lock machine is doing.
 *
 * - `locked`: idle, coil off, door closed, unlocks are taken.
 * - `measuring`: an unlock was accepted and its counter consumed; the baseline weights are being taken, the coil is off.
 * - `unlocked`: the window; the coil is pulsed until the door opens or the window ends.
 * - `open`, `ajar`: the door is open in a sale; `ajar` once that took longer than allowed.
 * - `settling`: the door is closed and the scales come to rest, at the end of a sale, of a forced opening or of a start.
 * - `forced`: the door was opened without a sale. With the door closed again: its report waits for a free place.
 * - `service`: a person who was granted it fills or mends the machine: the bolt opens for them, and there are no sales.
 * - `health-lock`: no sales, by food safety's order.
 * - `fault`: the store failed or its record is unreadable: no sales until the controller has started anew.
 */
export type LockPhase =
	| "locked"
	| "measuring"
	| "unlocked"
	| "open"
	| "ajar"
	| "settling"
	| "forced"
	| "service"
	| "health-lock"
	| "fault";

/** What a report has to say about itself. */
export type ReportFlag = "ajar" | "resumed" | "forced" | "unstable" | "scale-fault";

/** Why an unlock was refused. */
export type LockRefusal =
	| "counter-used"
	| "busy"
	| "door-open"
	| "reports-full"
	| "scale-fault"
	| "scales-unstable"
	| "power-cut"
	| "storage"
	| "service"
	| "health-lock"
	| "fault";

/** The weight on one shelf, at rest: integer milligrams. */
export interface ShelfWeight {
	readonly shelf: number;
	readonly milligrams: number;
	/** Largest minus smallest sample of the window that the weight was taken from. */
	readonly spreadMilligrams: number;
}

/** The order by which a person may open the machine without a sale, until its time is over. */
export interface ServiceGrant {
	/** The command that granted it; empty in a record of firmware 0.1.0. */
	readonly commandId: string;
}

/** An opening that has not been reported yet: a sale, or with `saleId` "" a forced opening. */
export interface LockSession {
	readonly saleId: string;
	readonly counter: number;
	/** The hall sensor saw the door open. */
	readonly opened: boolean;
	/** Sum over all openings of the session; what was before a power cut is not counted. */
	readonly doorOpenMs: number;
	readonly flags: readonly ReportFlag[];
	/** Empty while it is not known. */
	readonly baseline: readonly ShelfWeight[];
}

/** The result of one session, kept until somebody else has it safe. */
export interface PendingReport {
	/** Counts up for ever, across power cuts: the same number is the same report. */
	readonly number: number;
	readonly saleId: string;
	readonly counter: number;
	/** The start of the controller in which the report was written. */
	readonly boot: number;
	readonly opened: boolean;
	readonly doorOpenMs: number;
	readonly flags: readonly ReportFlag[];
	readonly shelves: readonly {
		readonly shelf: number;
		readonly baselineMilligrams: number;
		readonly finalMilligrams: number;
		readonly spreadMilligrams: number;
	}[];
}

/** The part of the state that survives a power cut. It is written as a whole, never in parts. */
export interface LockRecord {
	/** Number of this start, from 1. */
	readonly boot: number;
	/** Highest counter that was ever consumed; 0 before the first. */
	readonly counter: number;
	/** Bit i (of 32) says that the coil may have been on for `counter - i`. */
	readonly executed: number;
	readonly phase: LockPhase;
	/** Set while the phase is `service`. It is of no use after a power cut: nobody knows how long that was. */
	readonly service: ServiceGrant | undefined;
	readonly healthLock: boolean;
	readonly session: LockSession | undefined;
	/** Weights at the last rest without a session; empty while they are not known. */
	readonly idle: readonly ShelfWeight[];
	readonly pending: readonly PendingReport[];
	readonly nextReport: number;
}

/** The whole state: plain data, replaced and never changed in place. */
export interface LockState {
	readonly record: LockRecord;
	readonly doorClosed: boolean;
	/** The store failed, or its record could not be read: nothing that needs the store is done any more. */
	readonly failed: boolean;
	readonly coilOn: boolean;
	/** What is left of the window after the present pulse or pause. */
	readonly windowLeftMs: number;
	/** In a service: when its time is over, on the caller's monotonic clock. */
	readonly serviceUntilMs: number;
	/** In a service: the time is over, and only the open door keeps it from ending. */
	readonly serviceOver: boolean;
	/** In a service: when the last alarm rings. */
	readonly wakeAtMs: number;
	/** When the door was opened, on the caller's monotonic clock. */
	readonly openedAtMs: number;
}

export interface LockSettings {
	/** Longest time that the coil is on at once; more than 4,800 ms are taken as 4,800 ms. */
	readonly pulseMs: number;
	/** Longest time in which the shopper can open the door. */
	readonly windowMs: number;
	/** Door open for longer than this: somebody is told. */
	readonly ajarMs: number;
	/** How many reports are kept; while so many wait, no unlock is accepted. */
	readonly maximumReports: number;
}

export type LockEvent =
	/** An unlock whose seal, addressee and freshness the caller has checked. */
	| { readonly type: "unlock"; readonly saleId: string; readonly counter: number; readonly windowMs: number }
	/** Answer to the effect `measure`. `weights` lacks the shelves whose cell is dead, and then `fault` is set. */
	| {
			readonly type: "measured";
			readonly weights: readonly ShelfWeight[];
			readonly stable: boolean;
			readonly fault: boolean;
	  }
	| { readonly type: "door-opened"; readonly atMs: number }
	| { readonly type: "door-closed"; readonly atMs: number }
	/** The time of the last effect `alarm` is over. */
	| { readonly type: "elapsed" }
	/** Weights at rest while nothing goes on: the baseline of a forced opening. Taken in `locked` only. */
	| { readonly type: "idle-weights"; readonly weights: readonly ShelfWeight[] }
	/** Somebody else has the report safe. */
	| { readonly type: "acknowledged"; readonly number: number }
	/** A person may open the door for so long, as the caller has checked; the first time at once. */
	| {
			readonly type: "service-start";
			readonly commandId: string;
			readonly milliseconds: number;
			readonly atMs: number;
	  }
	/** Whoever serves the machine wants to open it once more: the restock button. */
	| { readonly type: "service-open"; readonly atMs: number }
	| { readonly type: "service-end"; readonly atMs: number }
	| { readonly type: "health-lock"; readonly on: boolean }
	/** The effect `persist` failed; the effects after it were not carried out. */
	| { readonly type: "storage-failed" };

/** What the caller has to do, in this order, each one finished before the next begins. */
export type LockEffect =
	/** Write the record, durably. If that fails: leave the rest and send the event `storage-failed`. */
	| { readonly type: "persist"; readonly record: LockRecord }
	| { readonly type: "energise"; readonly milliseconds: number }
	| { readonly type: "release" }
	/** Weigh all shelves until they rest. A second one starts anew. */
	| { readonly type: "measure" }
	| { readonly type: "stop-measuring" }
	/** Send `elapsed` after this time. There is one alarm: a new one replaces the old one, `undefined` cancels. */
	| { readonly type: "alarm"; readonly milliseconds: number | undefined }
	| { readonly type: "executed"; readonly saleId: string; readonly counter: number }
	| {
			readonly type: "refused";
			readonly saleId: string;
			readonly counter: number;
			readonly reason: LockRefusal;
	  }
	| {
			readonly type: "door";
			readonly state: "opened" | "closed" | "ajar" | "forced";
			readonly saleId: string;
	  }
	| { readonly type: "report"; readonly report: PendingReport }
	/** What became of a grant. `reason` is there when it was refused, and empty otherwise. */
	| {
			readonly type: "service";
			readonly state: "started" | "ended" | "refused";
			readonly commandId: string;
			readonly reason: LockRefusal | "";
	  };

export interface LockTransition {
	readonly state: LockState;
	readonly effects: readonly LockEffect[];
}
