import type { ReviewReason } from "./basket-decision.ts";
import type { BasketInput } from "./basket-input.ts";
import { grams } from "./decision-text.ts";
import { widestSpreadMilligrams } from "./weight-model.ts";

/** Readings from which nothing can be concluded. */
export function faultOf(input: BasketInput): { reason: ReviewReason; detail: string } | undefined {
	for (const { shelf, baselineMilligrams, finalMilligrams, spreadMilligrams } of input.shelves) {
		if (![baselineMilligrams, finalMilligrams, spreadMilligrams].every(Number.isSafeInteger) || spreadMilligrams < 0) {
			return {
				reason: "scale-fault",
				detail: `The scale of shelf ${shelf} gave no whole milligrams. Check its wiring, then tare it.`,
			};
		}
	}
	const read = new Set(input.shelves.map((reading) => reading.shelf));
	const blind = input.products.find((product) => !read.has(product.shelf));
	if (blind !== undefined) {
		return {
			reason: "scale-fault",
			detail: `Shelf ${blind.shelf} carries ${blind.sku}, but no scale read it. Check its wiring and the configuration.`,
		};
	}
	return undefined;
}

/** Circumstances under which weights may be right and still do not settle a sale. */
export function doubtOf(input: BasketInput): { reason: ReviewReason; detail: string } | undefined {
	if (input.flags.includes("forced")) {
		return { reason: "forced-door", detail: "The door was opened without an unlock." };
	}
	if (input.flags.includes("scale-fault")) {
		return { reason: "scale-fault", detail: "The controller reports a scale that does not answer. Check its wiring." };
	}
	const restless = input.shelves.find((reading) => reading.spreadMilligrams > widestSpreadMilligrams);
	if (restless !== undefined) {
		const spread = grams(restless.spreadMilligrams);
		return {
			reason: "unstable-scale",
			detail: `Shelf ${restless.shelf} never came to rest: readings ${spread} apart.`,
		};
	}
	if (input.flags.includes("unstable")) {
		return { reason: "unstable-scale", detail: "The controller reports that a scale did not come to rest." };
	}
	return undefined;
}
