import { expect, test } from "vitest";
import type { Product } from "../catalog/product.ts";
import { decideDelivery } from "./decide-delivery.ts";

const product = (sku: string, shelf: number): Product => ({
	sku,
	name: sku,
	massMilligrams: 1,
	toleranceMilligrams: 0,
	priceCents: 100,
	shelf,
});
const products = [product("water", 0), product("cola", 1), product("tea", 2), product("mate", 2)];
const delivered = (slot: number) => ({ slot, outcome: "delivered" as const, reason: "" });

test("what was delivered is sold, what failed is not", () => {
	const failed = { slot: 0, outcome: "failed" as const, reason: "nothing-fell" };
	expect(decideDelivery([delivered(1), failed, delivered(1)], products)).toMatchObject({
		kind: "settle",
		items: [{ sku: "cola", quantity: 2 }],
		detail: "Not delivered: slot 0: nothing-fell.",
	});
});

test("nothing delivered is nothing sold", () => {
	const jammed = { slot: 1, outcome: "failed" as const, reason: "jammed" };
	expect(decideDelivery([jammed], products)).toMatchObject({ kind: "settle", items: [] });
});

test.each([
	["a slot whose fate is unknown", [delivered(0), { slot: 1, outcome: "unknown" as const, reason: "power-cut" }]],
	["a slot without a product", [delivered(5)]],
	["a slot with two products", [delivered(2)]],
])("%s goes to people", (_what, dispensed) => {
	expect(decideDelivery(dispensed, products)).toMatchObject({ kind: "review", reason: "delivery-unknown" });
});
