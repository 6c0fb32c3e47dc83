import { expect, test } from "vitest";
import { coffeeCatalogue, demoCatalogue, vendingCatalogue } from "./demo-catalogue.ts";
import { lookOfProduct } from "./product-look.ts";
import { layOutShelf, shelfSize } from "./shelf-layout.ts";

const shelves = [...new Set(demoCatalogue.map(({ shelf }) => shelf))];

test("every product of the demo machines has a look of its own", () => {
	const looks = [...demoCatalogue, ...vendingCatalogue, ...coffeeCatalogue].map(({ sku }) => lookOfProduct(sku));
	for (const look of looks) expect(look).not.toEqual(lookOfProduct("something that nobody has drawn"));
	expect(lookOfProduct("cola")).toBe(lookOfProduct("cola"));
});

test.each(shelves)("six of each product stand on shelf %i, whole, and no two in one place", (number) => {
	const here = demoCatalogue.filter(({ shelf }) => shelf === number);
	const places = layOutShelf(here.map(({ sku }) => ({ sku, count: 6 })));
	const boxes = here.flatMap(({ sku }, index) => {
		const { widthMm, heightMm, depthMm } = lookOfProduct(sku);
		expect(heightMm).toBeLessThan(shelfSize.spacingMm);
		return (places[index] ?? []).map(({ xMm, zMm }) => ({
			left: xMm - widthMm / 2,
			right: xMm + widthMm / 2,
			front: zMm - depthMm / 2,
			back: zMm + depthMm / 2,
		}));
	});
	expect(boxes).toHaveLength(6 * here.length);
	for (const [index, box] of boxes.entries()) {
		expect(box.left).toBeGreaterThanOrEqual(0);
		expect(box.front).toBeGreaterThanOrEqual(0);
		expect(box.right).toBeLessThanOrEqual(shelfSize.widthMm);
		expect(box.back).toBeLessThanOrEqual(shelfSize.depthMm);
		for (const other of boxes.slice(0, index)) {
			const overlaps =
				box.left < other.right && other.left < box.right && box.front < other.back && other.front < box.back;
			expect(overlaps, JSON.stringify([box, other])).toBe(false);
		}
	}
});
