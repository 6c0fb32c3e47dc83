import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import { type BasketCandidate, type BasketDecision, type BasketItem, basketDecisionSchema } from "./basket-decision.ts";

export { type BasketCandidate, type BasketDecision, type BasketItem, basketDecisionSchema, type ShelfReading };

/** What is known about one opening of the door. */
export interface BasketInput {
	readonly shelves: readonly ShelfReading[];
	readonly products: readonly Product[];
	/** {@link SaleFlag}s of the controller's report. */
	readonly flags: readonly string[];
}

/** Which products left the fridge, from the weights of its shelves. */
export function decideBasket(_input: BasketInput): BasketDecision {
	throw new Error("decideBasket is not built yet");
}

/** Could these items explain these weights? */
export function explainsReadings(_items: readonly BasketItem[], _input: BasketInput): boolean {
	throw new Error("explainsReadings is not built yet");
}
