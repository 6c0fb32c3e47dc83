import type { BasketCandidate, BasketDecision, BasketItem, ReviewReason } from "./basket-decision.ts";
import type { WeightView } from "./explain-weights.ts";
import { fits, noiseVariance } from "./weight-model.ts";

export function review(reason: ReviewReason, candidates: BasketCandidate[], detail: string): BasketDecision {
	return {
		kind: "review",
		reason,
		candidates,
		probabilityPermille: candidates[0]?.probabilityPermille ?? 0,
		detail: clip(detail),
	};
}

export function itemsOf(view: WeightView, basket: { readonly counts: readonly number[] }): BasketItem[] {
	return basket.counts.flatMap((quantity, index) =>
		quantity > 0 ? [{ sku: view.products[index]!.sku, quantity }] : [],
	);
}

export function describe(items: readonly BasketItem[]): string {
	return items.length === 0 ? "nothing" : items.map((item) => `${item.quantity} × ${item.sku}`).join(" + ");
}

/** The shelves that changed, and by how much: `Shelf 0 lighter by 355.2 g`. */
export function readings(view: WeightView): string {
	const changed = view.shelves.flatMap((reading) => {
		const removed = reading.baselineMilligrams - reading.finalMilligrams;
		if (fits(removed ** 2 / noiseVariance(reading), 1)) {
			return [];
		}
		return [`shelf ${reading.shelf} ${removed < 0 ? "heavier" : "lighter"} by ${grams(Math.abs(removed))}`];
	});
	return changed.length === 0 ? "All shelves weigh what they weighed" : changed.join(", ").replace(/^s/, "S");
}

export function grams(milligrams: number): string {
	return `${(milligrams / 1000).toFixed(1)} g`;
}

export function permille(probability: number): number {
	return Math.min(1000, Math.round(probability * 1000));
}

export function clip(text: string): string {
	return text.length <= 500 ? text : `${text.slice(0, 499)}…`;
}
