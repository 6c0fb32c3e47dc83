import type { ShelfReading } from "../device/messages.ts";
import { type BasketCandidate, type BasketDecision, type BasketItem, basketDecisionSchema } from "./basket-decision.ts";
import type { BasketInput } from "./basket-input.ts";
import { decideByEvidence } from "./decide-by-evidence.ts";
import { decideByWeight } from "./decide-by-weight.ts";

export { explainsReadings } from "./explains-readings.ts";
export {
	type BasketCandidate,
	type BasketDecision,
	type BasketInput,
	type BasketItem,
	basketDecisionSchema,
	type ShelfReading,
};

/**
 * Which products left the fridge: from what scales and cameras say together, or from weights alone where no camera
 * watched any shelf. The same input gives the same decision, in whatever order shelves, products and events are listed.
 *
 * Throws a RangeError when two readings name the same shelf or two products have the same sku.
 */
export function decideBasket(input: BasketInput): BasketDecision {
	const { shelves, vision } = input;
	const blind = new Set(vision?.blindShelves);
	const sees = vision !== undefined && shelves.some(({ shelf }) => !blind.has(shelf));
	return sees ? decideByEvidence(input, vision) : decideByWeight(input);
}
