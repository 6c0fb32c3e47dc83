import type { SeededRandom } from "../random.ts";
import { pickWeighted } from "./pick.ts";
import type { Customer } from "./visit.ts";

const cards: readonly (readonly [card: string, weight: number])[] = [
	["pm_card_visa", 70],
	["pm_card_mastercard", 14],
	["pm_card_chargeCustomerFail", 4],
	["pm_card_authenticationRequired", 3],
];

/** Draws a card; most of them pay. */
export function drawCard(random: SeededRandom): string {
	return pickWeighted(random, cards);
}

/** Draws who holds the card: one of few, so that the same one comes again. */
export function drawShopper(random: SeededRandom, card: string): Customer {
	return {
		shopper: `shopper-${Math.floor(random.next() * 5)}-${card.slice("pm_card_".length)}`,
		card,
		taps: random.next() < 0.2 ? 2 : 1,
		impatient: random.next() < 0.15,
	};
}
