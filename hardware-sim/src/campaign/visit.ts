import type { SeededRandom } from "../random.ts";
import type { Books } from "./audit-books.ts";
import type { OddBaskets } from "./odd-baskets.ts";
import type { Trouble } from "./trouble.ts";
import type { Violation } from "./violation.ts";

/** Who pays, and how patient the finger is. */
export interface Customer {
	readonly shopper: string;
	/** `pm_card_…` of the payment network's test cards. */
	readonly card: string;
	/** How often the phone is tapped before there is an answer, each with the same sale. */
	readonly taps: number;
	/** Taps once more, with a sale of its own, a moment later; it must be turned away or wait. */
	readonly impatient: boolean;
}

/** What the phone was told. */
export interface Told {
	/** Status of the last answer that the phone got; `undefined` without any. */
	readonly answered: number | undefined;
	/** The phone has heard that the sale stands. */
	readonly accepted: boolean;
}

/** What everybody knows of a sale that is over, whatever stands there. */
export interface SaleFacts extends Told {
	/** Counted through the campaign, from 1. */
	readonly number: number;
	readonly saleId: string;
	readonly troubles: readonly Trouble[];
	/** Milliseconds since the day began. */
	readonly askedAtMs: number;
	/** When the last fault was over and the door shut. */
	readonly healedAtMs: number;
	/** Sensors could be trusted all the time, since the sale before came to rest. */
	readonly sound: boolean;
}

/** What is to be said of a sale: promises that were not kept, and the story in lines for people. */
export interface Verdict {
	readonly violations: readonly Violation[];
	readonly story: readonly string[];
}

/** One customer at the machine. */
export interface Visit {
	readonly customer: Customer;
	/** What a machine that delivers shall deliver. */
	readonly slots: readonly number[] | undefined;
	/** The phone has asked, and may have an answer: what hands do now. */
	stay(told: Told): Promise<void>;
	/** How long it takes from there until the report is under way: faults wait for that, too. */
	readonly untilReportMs: number;
	/** All faults are over: what was left open is shut. */
	tidy(): void;
	/** Holds what is so against what is promised. All is at rest. */
	judge(facts: SaleFacts, books: Books): Verdict;
}

/** A kind of machine with all that is done at it on a day. */
export interface Shop {
	/** The next customer comes. `pass` lets time go by, with all that breaks on the way. */
	visit(random: SeededRandom, pass: (milliseconds: number) => Promise<void>): Visit | Promise<Visit>;
	/** What the machine has opened or moved for, so often. */
	readonly openings: number;
	readonly doubtfulReviews: number;
	readonly oddBaskets: OddBaskets;
}

/** Whether the card pays. */
export function isGood({ card }: Customer): boolean {
	return card === "pm_card_visa" || card === "pm_card_mastercard";
}
