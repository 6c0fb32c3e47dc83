import type { DispenseResult } from "../messages.ts";

/**
 * What a machine that delivers is doing. The names that the lock machine has too mean the same.
 *
 * - `locked`: idle; sales are taken.
 * - `delivering`: a sale was accepted, and its slots are delivered one after the other.
 * - `service`, `health-lock`: no sales, by a person's or by food safety's order.
 * - `fault`: the store failed or its record is unreadable: no sales until the controller has started anew.
 */
export type DispensePhase = "locked" | "delivering" | "service" | "health-lock" | "fault";

/** Why a sale was refused: the words of the lock machine, or what stands in its way, as the caller found it. */
export type DispenseRefusal =
	| "counter-used"
	| "busy"
	| "reports-full"
	| "storage"
	| "service"
	| "health-lock"
	| "fault";

/** A sale that has no report yet. The slot after the last result is the one that may be moving. */
export interface DispenseSession {
	readonly saleId: string;
	readonly counter: number;
	readonly slots: readonly number[];
	readonly results: readonly DispenseResult[];
}

/** What became of a sale, kept until somebody else has it safe. */
export interface DispenseReport {
	/** Counts up for ever, across power cuts: the same number is the same report. */
	readonly number: number;
	readonly saleId: string;
	readonly counter: number;
	/** The start of the controller in which the report was written. */
	readonly boot: number;
	/** `resumed`: the power went in between. */
	readonly flags: readonly "resumed"[];
	/** One for each slot that was asked for, in that order. */
	readonly dispensed: readonly DispenseResult[];
}

/** A person fills or mends the machine. */
export interface DispenseService {
	readonly commandId: string;
	/** How long at most; after a power cut it begins anew, because the person may still have a hand in the machine. */
	readonly minutes: number;
}

/** The part of the state that survives a power cut. It is written as a whole, never in parts. */
export interface DispenseRecord {
	/** Number of this start, from 1. */
	readonly boot: number;
	/** Highest counter that was ever consumed; 0 before the first. */
	readonly counter: number;
	/** Bit i (of 32) says that something may have been delivered for `counter - i`. */
	readonly executed: number;
	readonly phase: DispensePhase;
	readonly service: DispenseService | undefined;
	readonly healthLock: boolean;
	readonly session: DispenseSession | undefined;
	readonly pending: readonly DispenseReport[];
	readonly nextReport: number;
}

/** The whole state: plain data, replaced and never changed in place. */
export interface DispenseState {
	readonly record: DispenseRecord;
	/** The store failed, or its record could not be read: nothing that needs the store is done any more. */
	readonly failed: boolean;
	/** The last event was a sale that was accepted: if its record cannot be written, nothing has moved. */
	readonly accepting: boolean;
}

export interface DispenseSettings {
	/** By then a slot has been delivered or has failed, whatever goes wrong. */
	readonly deliveryMs: number;
	/** How many reports are kept; while so many wait, no sale is accepted. */
	readonly maximumReports: number;
}

export type DispenseEvent =
	/**
	 * A sale whose seal, addressee and freshness the caller has checked. `obstacle` is what stands in its way
	 * (`unknown-slot`, `bin-empty:beans` …), empty when nothing does.
	 */
	| {
			readonly type: "dispense";
			readonly saleId: string;
			readonly counter: number;
			readonly slots: readonly number[];
			readonly obstacle: string;
	  }
	/** Answer to the effect `deliver` with the same counter and index. `reason` is empty when delivered. */
	| {
			readonly type: "delivered";
			readonly counter: number;
			readonly index: number;
			readonly outcome: DispenseResult["outcome"];
			readonly reason: string;
	  }
	/** The time of the last effect `alarm` is over. */
	| { readonly type: "elapsed" }
	/** Somebody else has the report safe. */
	| { readonly type: "acknowledged"; readonly number: number }
	| { readonly type: "service-start"; readonly commandId: string; readonly minutes: number }
	| { readonly type: "service-end" }
	| { readonly type: "health-lock"; readonly on: boolean }
	/** The effect `persist` failed; the effects after it were not carried out. */
	| { readonly type: "storage-failed" };

/** What the caller has to do, in this order, each one finished before the next begins. */
export type DispenseEffect =
	/** Write the record, durably. If that fails: leave the rest and send the event `storage-failed` next. */
	| { readonly type: "persist"; readonly record: DispenseRecord }
	/** Deliver what is in the slot, and answer with `delivered`. */
	| { readonly type: "deliver"; readonly counter: number; readonly index: number; readonly slot: number }
	/** Nothing moves any more. */
	| { readonly type: "stop" }
	/** Send `elapsed` after this time. There is one alarm: a new one replaces the old one, `undefined` cancels. */
	| { readonly type: "alarm"; readonly milliseconds: number | undefined }
	| { readonly type: "executed"; readonly saleId: string; readonly counter: number }
	| { readonly type: "refused"; readonly saleId: string; readonly counter: number; readonly reason: string }
	| { readonly type: "report"; readonly report: DispenseReport }
	/** What became of a service. `reason` is there when it was refused, and empty otherwise. */
	| {
			readonly type: "service";
			readonly state: "started" | "ended" | "refused";
			readonly commandId: string;
			readonly reason: DispenseRefusal | "";
	  };

export interface DispenseTransition {
	readonly state: DispenseState;
	readonly effects: readonly DispenseEffect[];
}
