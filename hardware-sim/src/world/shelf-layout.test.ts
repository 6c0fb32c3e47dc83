import { expect, test } from "vitest";
import { coffeeCatalogue, demoCatalogue, vendingCatalogue } from "./demo-catalogue.ts";
import { lookOfProduct } from "./product-look.ts";
import { freePlace, layOutShelf, shelfSize } from "./shelf-layout.ts";

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

test("a product is spread over lanes, the first units in front, until the shelf is full", () => {
	const [cola = []] = layOutShelf([{ sku: "cola", count: 6 }]);
	expect(new Set(cola.map(({ zMm }) => zMm)).size).toBe(1);
	const rows = ["cola", "iced-tea", "energy-drink"].map((sku) => ({ sku, count: 6 }));
	for (const places of layOutShelf(rows)) {
		expect(new Set(places.map(({ xMm }) => xMm)).size).toBeGreaterThan(2);
		expect(places[0]?.zMm).toBeLessThanOrEqual(places[5]?.zMm ?? 0);
	}
});

test("a thing without a home stands where there is room, else on top of what stands there", () => {
	const size = { widthMm: 66, depthMm: 66 };
	expect(freePlace(size, [])).toEqual({ xMm: 450, zMm: 60 });
	const can = { place: { xMm: 450, zMm: 60 }, widthMm: 66, depthMm: 66, heightMm: 115 };
	const aside = freePlace(size, [can]);
	expect(Math.abs(aside.xMm - 450)).toBeGreaterThanOrEqual(66);
	const full = { place: { xMm: 450, zMm: 240 }, widthMm: 900, depthMm: 480, heightMm: 100 };
	expect(freePlace(size, [full])).toEqual({ xMm: 450, zMm: 60, liftMm: 100 });
});
