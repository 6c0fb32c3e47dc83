/** What the shopper has chosen of a machine that delivers: numbers of slots, in order. */
export type Choice = readonly number[];

export interface ChoiceProps {
	readonly choice: Choice;
	readonly onChoice: (choice: Choice) => void;
}

/** The machine takes no longer list than this. */
const longest = 10;

/** One more of a slot. */
export function choose(choice: Choice, slot: number): Choice {
	return choice.length < longest ? [...choice, slot] : choice;
}

/** One less of a slot. */
export function unchoose(choice: Choice, slot: number): Choice {
	const at = choice.lastIndexOf(slot);
	return choice.filter((_, index) => index !== at);
}
