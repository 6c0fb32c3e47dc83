import type { Errand } from "./errand.ts";
import type { SaleFacts } from "./visit.ts";
import type { Opening } from "./witness.ts";

/** One sale at a fridge as the world saw it: what nobody has to ask the system for. */
export interface Story extends SaleFacts {
	readonly errand: Errand;
	/** Openings of the bolt since the phone came out. */
	readonly openings: readonly Opening[];
	/** The door stood open. */
	readonly opened: boolean;
	/** The shut door was torn open, so often, when the lock was not about to open. */
	readonly forced: number;
	/** The same within the window of an unlock, when the bolt was out: theft or impatience, nobody can tell. */
	readonly forcedInWindow: number;
	/** What is gone now and was not before, by product. */
	readonly gone: Readonly<Record<string, number>>;
	/** What goods cost together that are gone now and were not before, cents. */
	readonly goneCents: number;
	/** So they could in the sale before: what the machine remembers as its weights at rest is true. */
	readonly soundBefore: boolean;
	/** Something was taken off a shelf where somebody else had left it: by its weight it is what belongs there. */
	readonly misplaced: boolean;
	/** Weights alone could tell what was taken. */
	readonly plain: boolean;
}

/** Whether a fault of one of these layers or names had begun in this sale. */
export function disturbedBy({ troubles }: SaleFacts, ...what: readonly string[]): boolean {
	return troubles.some(({ begun, fault }) => begun && (what.includes(fault.layer) || what.includes(fault.name)));
}

/** Whether nothing was broken in this sale. */
export function undisturbed({ troubles }: SaleFacts): boolean {
	return troubles.every(({ begun }) => !begun);
}

/** The beginning of a story in lines for people. */
export function tellFacts({ number, saleId, askedAtMs, answered }: SaleFacts, card: string): string {
	return `sale ${number} (${saleId}), asked at ${seconds(askedAtMs)} with ${card}, answered ${answered ?? "nothing"}`;
}

/** What was broken, in lines for people. */
export function tellTroubles({ troubles }: SaleFacts): string[] {
	return troubles
		.filter(({ begun }) => begun)
		.map(
			({ fault, fromMs, untilMs }) => `${fault.name} from ${seconds(fromMs)} to ${seconds(untilMs)}: ${fault.summary}`,
		);
}

/** Milliseconds as people read them. */
export function seconds(milliseconds: number): string {
	return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The story in lines for people. */
export function tellStory(story: Story): string[] {
	const { errand, openings } = story;
	const deeds = errand.deeds.map(({ deed }) => deed.do).join(", ");
	return [
		tellFacts(story, errand.card),
		`the shopper ${errand.opens === "never" ? "opens nothing" : `${errand.opens}; ${deeds || "touches nothing"}`}; ${story.goneCents} cents are gone`,
		...tellTroubles(story),
		...openings.map(
			({ atMs, untilMs }) =>
				`the bolt was back from ${seconds(atMs)} to ${untilMs === undefined ? "now" : seconds(untilMs)}`,
		),
	];
}
