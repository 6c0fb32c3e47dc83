import { type Product, productSchema } from "@visionvend/sdk/catalog/product";
import { expect, test } from "vitest";
import { demoCatalogue, demoHoldCents } from "./demo-catalogue.ts";

/** The scale's own part in a difference of two readings, milligrams. */
const scaleNoiseMilligrams = 800;

interface Basket {
	readonly text: string;
	readonly units: number;
	readonly milligrams: number;
	readonly variance: number;
}

function baskets(products: readonly Product[], mostUnits: number): Basket[] {
	let all: Basket[] = [{ text: "", units: 0, milligrams: 0, variance: 0 }];
	for (const product of products) {
		all = all.flatMap((basket) =>
			Array.from({ length: mostUnits - basket.units + 1 }, (_, count) => ({
				text: count === 0 ? basket.text : `${basket.text} ${count}×${product.sku}`.trim(),
				units: basket.units + count,
				milligrams: basket.milligrams + count * product.massMilligrams,
				variance: basket.variance + count * (product.toleranceMilligrams / 3) ** 2,
			})),
		);
	}
	return all;
}

/** Pairs of baskets of one shelf that weights cannot tell apart at six standard deviations. */
function ambiguities(products: readonly Product[], mostUnits: number): string[] {
	const all = baskets(products, mostUnits);
	return all.flatMap((one, index) =>
		all.slice(index + 1).flatMap((other) => {
			const distance = Math.abs(one.milligrams - other.milligrams);
			const deviation = Math.sqrt(scaleNoiseMilligrams ** 2 + Math.max(one.variance, other.variance));
			return distance > 6 * deviation ? [] : [`${one.text} ~ ${other.text}`];
		}),
	);
}

const shelf = (number: number) => demoCatalogue.filter((product) => product.shelf === number);

test("the demo fridge has at least twelve sound products, three or four on each of four shelves", () => {
	expect(demoCatalogue.length).toBeGreaterThanOrEqual(12);
	for (const product of demoCatalogue) expect(productSchema.parse(product)).toEqual(product);
	expect(new Set(demoCatalogue.map((product) => product.sku)).size).toBe(demoCatalogue.length);
	for (const number of [0, 1, 2, 3]) expect([3, 4]).toContain(shelf(number).length);
	expect(demoCatalogue.every((product) => product.priceCents < demoHoldCents)).toBe(true);
});

test("cola and chips are those of the seeds", () => {
	expect(demoCatalogue.find((product) => product.sku === "cola")).toMatchObject({
		massMilligrams: 355_000,
		toleranceMilligrams: 5_000,
		priceCents: 200,
	});
	expect(demoCatalogue.find((product) => product.sku === "chips")).toMatchObject({
		massMilligrams: 70_000,
		toleranceMilligrams: 4_000,
		priceCents: 150,
	});
});

test("single units are told apart by weight, but for two pairs that differ in price", () => {
	const pairs = [0, 1, 2, 3].flatMap((number) => ambiguities(shelf(number), 1));
	expect(pairs.sort()).toEqual(["egg-sandwich ~ chicken-sandwich", "apple-juice ~ orange-juice"].map(singles).sort());
	const price = (sku: string) => demoCatalogue.find((product) => product.sku === sku)?.priceCents;
	expect(price("orange-juice")).not.toBe(price("apple-juice"));
	expect(price("chicken-sandwich")).not.toBe(price("egg-sandwich"));
});

test("baskets of up to three units weigh differently on every shelf, once one of each pair is left out", () => {
	for (const [left, number] of [
		["orange-juice", 1],
		["apple-juice", 1],
		["chicken-sandwich", 2],
		["egg-sandwich", 2],
		["", 0],
		["", 3],
	] as const) {
		const clear = demoCatalogue.filter((product) => product.sku !== left);
		expect(
			ambiguities(
				clear.filter((product) => product.shelf === number),
				3,
			),
		).toEqual([]);
	}
});

function singles(pair: string): string {
	return pair
		.split(" ~ ")
		.map((sku) => `1×${sku}`)
		.join(" ~ ");
}
