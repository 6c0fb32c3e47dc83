import type { Errand } from "./errand.ts";
import type { Trouble } from "./trouble.ts";
import type { Opening } from "./witness.ts";

/** One sale as the world saw it: what nobody has to ask the system for. */
export interface Story {
	/** Counted through the campaign, from 1. */
	readonly number: number;
	readonly saleId: string;
	readonly errand: Errand;
	readonly troubles: readonly Trouble[];
	/** Milliseconds since the day began. */
	readonly askedAtMs: number;
	/** Status of the last answer that the phone got; `undefined` without any. */
	readonly answered: number | undefined;
	/** The phone has heard that the sale stands. */
	readonly accepted: boolean;
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
	/** When the last fault was over and the door shut. */
	readonly healedAtMs: number;
	/** Sensors could be trusted all the time, since the sale before came to rest. */
	readonly sound: boolean;
	/** So they could in the sale before: what the machine remembers as its weights at rest is true. */
	readonly soundBefore: boolean;
	/** Something was taken off a shelf where somebody else had left it: by its weight it is what belongs there. */
	readonly misplaced: boolean;
	/** Weights alone could tell what was taken. */
	readonly plain: boolean;
}

/** Whether a fault of one of these layers or names had begun in this sale. */
export function disturbedBy({ troubles }: Story, ...what: readonly string[]): boolean {
	return troubles.some(({ begun, fault }) => begun && (what.includes(fault.layer) || what.includes(fault.name)));
}

/** Whether nothing was broken in this sale. */
export function undisturbed({ troubles }: Story): boolean {
	return troubles.every(({ begun }) => !begun);
}

/** The story in lines for people. */
export function tellStory(story: Story): string[] {
	const { errand, troubles, openings } = story;
	const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
	const deeds = errand.deeds.map(({ deed }) => deed.do).join(", ");
	return [
		`sale ${story.number} (${story.saleId}), asked at ${seconds(story.askedAtMs)} with ${errand.card}, answered ${story.answered ?? "nothing"}`,
		`the shopper ${errand.opens === "never" ? "opens nothing" : `${errand.opens}; ${deeds || "touches nothing"}`}; ${story.goneCents} cents are gone`,
		...troubles
			.filter(({ begun }) => begun)
			.map(
				({ fault, fromMs, untilMs }) =>
					`${fault.name} from ${seconds(fromMs)} to ${seconds(untilMs)}: ${fault.summary}`,
			),
		...openings.map(
			({ atMs, untilMs }) =>
				`the bolt was back from ${seconds(atMs)} to ${untilMs === undefined ? "now" : seconds(untilMs)}`,
		),
	];
}
