import type { SeededRandom } from "../random.ts";
import { drawCard, drawShopper } from "./customer.ts";
import { between, pickWeighted } from "./pick.ts";
import type { Customer } from "./visit.ts";

/** What a shopper does with a hand in the fridge. */
export type Deed =
	/** Takes something, the `choice`-th part (0 to 1) of what is there. */
	| { readonly do: "take"; readonly choice: number; readonly lookAlikes: boolean }
	| { readonly do: "put-back" }
	| { readonly do: "put-elsewhere"; readonly shelf: number }
	/** Puts down something that was never for sale. */
	| { readonly do: "stone"; readonly milligrams: number; readonly shelf: number };

/** What one shopper is up to, decided before the phone comes out: plain data, the same for every run of a seed. */
export interface Errand extends Customer {
	readonly opens: "never" | "opens" | "opens-twice" | "forces";
	/** From the click of the lock to the pull. */
	readonly hesitatesMs: number;
	readonly openingMs: number;
	readonly closingMs: number;
	readonly deeds: readonly { readonly deed: Deed; readonly afterMs: number }[];
	/** How long the door stands open after the last deed. */
	readonly lingersMs: number;
	/** Tears the shut door open after the sale, and takes one thing. */
	readonly comesBackWithForce: boolean;
}

/** Draws one errand. Its numbers come from `random` alone. */
export function drawErrand(random: SeededRandom, shelves: number): Errand {
	const card = drawCard(random);
	const deeds: { deed: Deed; afterMs: number }[] = [];
	const count = pickWeighted(random, [
		[0, 18],
		[1, 40],
		[2, 24],
		[3, 12],
		[5, 8],
		[8, 4],
	] as const);
	let holds = 0;
	const odd = random.next();
	const lookAlikes = random.next() < 0.05;
	for (let index = 0; index < count; index++) {
		const afterMs = between(random, 500, 2_200);
		const choice = random.next();
		const shelf = Math.floor(random.next() * shelves);
		const whim = random.next();
		const back = holds > 0 && whim < 0.2;
		if (back && odd < 0.06) deeds.push({ deed: { do: "put-elsewhere", shelf }, afterMs });
		else if (back) deeds.push({ deed: { do: "put-back" }, afterMs });
		else {
			deeds.push({ deed: { do: "take", choice, lookAlikes }, afterMs });
			holds++;
			if (odd > 0.97) {
				const milligrams = Math.round(between(random, 30_000, 700_000));
				deeds.push({ deed: { do: "stone", milligrams, shelf }, afterMs: 600 });
			}
			continue;
		}
		holds--;
	}
	return {
		...drawShopper(random, card),
		opens: pickWeighted(random, [
			["opens", 84],
			["never", 9],
			["opens-twice", 5],
			["forces", 2],
		] as const),
		hesitatesMs: random.next() < 0.1 ? between(random, 6_000, 11_000) : between(random, 100, 3_500),
		openingMs: between(random, 350, 1_200),
		closingMs: between(random, 400, 2_500),
		deeds,
		lingersMs: random.next() < 0.05 ? between(random, 25_000, 90_000) : between(random, 0, 2_500),
		comesBackWithForce: random.next() < 0.05,
	};
}

/** Whether weights alone can tell what this shopper takes: without that a person may have to look. */
export function isPlain({ deeds }: Errand): boolean {
	const takes = deeds.filter(({ deed }) => deed.do === "take").length;
	return takes <= 5 && deeds.every(({ deed }) => deed.do === "put-back" || (deed.do === "take" && !deed.lookAlikes));
}
