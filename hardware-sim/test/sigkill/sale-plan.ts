import { decideBasket, type ShelfReading } from "@visionvend/sdk/basket/decide-basket";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { SeededRandom } from "../../src/random.ts";

/** What a shopper is going to do, and what the scales will say of it. */
export interface SalePlan {
	readonly saleId: string;
	/** Whether the door is opened at all. */
	readonly opens: boolean;
	readonly items: readonly { readonly sku: string; readonly quantity: number }[];
	readonly priceCents: number;
	readonly shelves: readonly ShelfReading[];
	/** How long the scales take to come to rest. */
	readonly weighingMs: number;
}

const neverOpenedShare = 0.1;
const nothingTakenShare = 0.12;
const mostUnits = 5;
/** Real scales take up to seconds. Some do here, so that others can be killed meanwhile. */
const slowScalesShare = 0.2;
const mostWeighingMs = 800;

/** A random shopper whose basket the weights decide. */
export function planSale(saleId: string, products: readonly Product[], random: SeededRandom): SalePlan {
	const kind = random.next();
	const opens = kind >= neverOpenedShare;
	const weighingMs = Math.floor(random.next() * (random.next() < slowScalesShare ? mostWeighingMs : 5));
	const takes = opens && kind >= neverOpenedShare + nothingTakenShare;
	for (;;) {
		const units = takes ? 1 + Math.floor(random.next() * mostUnits) : 0;
		const taken = Array.from({ length: units }, () => products[Math.floor(random.next() * products.length)]!);
		const shelves = weigh(taken, products, random);
		const decision = decideBasket({ shelves, products, flags: [] });
		const items = products
			.map(({ sku }) => ({ sku, quantity: taken.filter((unit) => unit.sku === sku).length }))
			.filter(({ quantity }) => quantity > 0);
		// Baskets that weights alone cannot tell apart end with people, and are other tests' business.
		if (decision.kind !== "settle" || keyOf(decision.items) !== keyOf(items)) continue;
		const priceCents = taken.reduce((sum, { priceCents }) => sum + priceCents, 0);
		return { saleId, opens, items, priceCents, shelves, weighingMs };
	}
}

/** One text for a basket, whatever its order. */
export function keyOf(items: readonly { readonly sku: string; readonly quantity: number }[]): string {
	return items
		.map(({ sku, quantity }) => `${quantity} ${sku}`)
		.sort()
		.join(", ");
}

function weigh(taken: readonly Product[], products: readonly Product[], random: SeededRandom): ShelfReading[] {
	const noise = () => random.gaussian() * 300;
	return [...new Set(products.map(({ shelf }) => shelf))].map((shelf) => {
		const full = 6_000_000 + random.next() * 6_000_000;
		const gone = taken
			.filter((unit) => unit.shelf === shelf)
			.reduce((sum, unit) => sum + unit.massMilligrams + (random.gaussian() * unit.toleranceMilligrams) / 3, 0);
		return {
			shelf,
			baselineMilligrams: Math.round(full + noise()),
			finalMilligrams: Math.round(full - gone + noise()),
			spreadMilligrams: 400 + Math.floor(random.next() * 500),
		};
	});
}
