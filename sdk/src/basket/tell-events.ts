import type { SpanStory } from "./explain-evidence.ts";
import type { WeightView } from "./explain-weights.ts";
import type { VisionEvent } from "./vision-evidence.ts";

/** One unit that left a shelf or came to it, as scales and cameras say together. */
export interface ToldEvent {
	readonly kind: "taken" | "returned";
	readonly shelf: number;
	readonly sku: string;
	/** From when until when it may have happened; infinite where nobody knows. */
	readonly fromMs: number;
	readonly untilMs: number;
	/** A camera saw it. */
	readonly seen: boolean;
}

/** What weights do not bear out, a take and the return of the same thing, happened if cameras are as sure of both. */
const surelyHappened = 0.9;
/** A scale that is watched comes to rest between a take and a return that are farther apart. */
const quickMs = 800;
/** … and of its being the same thing. */
const surelySame = 0.5;

/**
 * What happened, one unit at a time, in the order of time: the events of the cameras as far as the weights bear them out, and
 * what weights demand beyond them. What was taken and put back before the scale came to rest is told where cameras saw
 * both.
 */
export function tellEvents(view: WeightView, history: readonly (readonly SpanStory[])[]): ToldEvent[] {
	const told = history.flatMap((spans, shelf) => spans.flatMap((story) => tellSpan(view, shelf, story)));
	return told.sort((one, other) => one.fromMs - other.fromMs || one.shelf - other.shelf);
}

function tellSpan(view: WeightView, shelf: number, { span, net }: SpanStory): ToldEvent[] {
	const number = view.shelves[shelf]!.shelf;
	const left = [...net];
	const told: ToldEvent[] = [];
	const add = (product: number, direction: 1 | -1, times: { fromMs: number; untilMs: number }, seen: boolean): void => {
		const kind = direction > 0 ? "taken" : "returned";
		const { fromMs, untilMs } = times;
		told.push({ kind, shelf: number, sku: view.products[product]!.sku, fromMs, untilMs, seen });
	};
	// Event and product that fit best first, so that one that was mistaken for something else gets what is left.
	const free = [...span.events];
	for (;;) {
		let best: { readonly at: number; readonly product: number; readonly share: number } | undefined;
		for (const [at, { event, direction }] of free.entries()) {
			for (const [product, count] of left.entries()) {
				const share = event.probability * (0.01 + shareOf(view, event, product));
				if (count * direction > 0 && share > (best?.share ?? 0)) best = { at, product, share };
			}
		}
		if (best === undefined) break;
		const [{ event, direction } = span.events[0]!] = free.splice(best.at, 1);
		left[best.product]! -= direction;
		add(best.product, direction, event, true);
	}
	const odd = free.filter(({ event }) => event.probability >= surelyHappened);
	const returned = odd.filter(({ direction }) => direction < 0);
	for (const { event } of odd.filter(({ direction }) => direction > 0)) {
		const both = (back: VisionEvent, product: number): number =>
			shareOf(view, event, product) * shareOf(view, back, product);
		const same = (back: VisionEvent): number =>
			[...view.products.keys()].reduce((sum, product) => sum + both(back, product), 0);
		const at = returned.findIndex(
			({ event: back }) => same(back) >= surelySame && Math.abs(back.fromMs - event.fromMs) <= quickMs,
		);
		if (at < 0) continue;
		const [{ event: back } = returned[0]!] = returned.splice(at, 1);
		const product = [...view.products.keys()].reduce((best, one) => (both(back, one) > both(back, best) ? one : best));
		add(product, 1, event, true);
		add(product, -1, back, true);
	}
	for (const [product, count] of left.entries()) {
		for (let unit = 0; unit < Math.abs(count); unit += 1) add(product, count > 0 ? 1 : -1, span, false);
	}
	return told;
}

function shareOf(view: WeightView, event: VisionEvent, product: number): number {
	return event.products[view.products[product]!.sku] ?? 0;
}
