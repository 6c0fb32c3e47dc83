import type { Product } from "@visionvend/sdk/catalog/product";

/** What the demo fridge holds on a card before it unlocks, cents. */
export const demoHoldCents = 1_000;

function product(
	shelf: number,
	sku: string,
	name: string,
	grams: number,
	toleranceGrams: number,
	priceCents: number,
): Product {
	return Object.freeze({
		sku,
		name,
		massMilligrams: grams * 1_000,
		toleranceMilligrams: toleranceGrams * 1_000,
		priceCents,
		shelf,
	});
}

/** What the demo vending machine has in its six slots. */
export const vendingCatalogue: readonly Product[] = Object.freeze([
	product(0, "water", "Water 500 ml", 520, 4, 120),
	product(1, "cola", "Cola 330 ml", 355, 5, 200),
	product(2, "crisps", "Crisps", 42, 2, 160),
	product(3, "chocolate", "Chocolate bar", 52, 1, 140),
	product(4, "nuts", "Salted nuts", 60, 2, 190),
	product(5, "gum", "Chewing gum", 20, 1, 90),
]);

/** What the demo coffee machine can make; the mass is that of the drink. */
export const coffeeCatalogue: readonly Product[] = Object.freeze([
	product(0, "espresso", "Espresso", 40, 4, 180),
	product(1, "coffee", "Coffee", 150, 8, 220),
	product(2, "hot-water", "Hot water", 200, 10, 50),
]);

/**
 * The demo fridge: fourteen products on four shelves. Baskets of up to three units from a shelf weigh so differently
 * that weights decide, except for two pairs of neighbours, put there on purpose, that only eyes could tell apart: the
 * juices on shelf 1 and the sandwiches on shelf 2.
 */
export const demoCatalogue: readonly Product[] = Object.freeze([
	product(0, "cola", "Cola 330 ml", 355, 5, 200),
	product(0, "iced-tea", "Iced tea 500 ml", 547, 4, 250),
	product(0, "energy-drink", "Energy drink 250 ml", 285, 3, 280),
	product(1, "orange-juice", "Orange juice", 500, 5, 300),
	product(1, "apple-juice", "Apple juice", 502, 5, 320),
	product(1, "lemonade", "Lemonade", 374, 4, 220),
	product(1, "smoothie", "Berry smoothie", 282, 3, 350),
	product(2, "chicken-sandwich", "Chicken sandwich", 220, 6, 450),
	product(2, "egg-sandwich", "Egg sandwich", 222, 6, 390),
	product(2, "yogurt", "Yogurt", 182, 3, 180),
	product(2, "fruit-salad", "Fruit salad", 345, 5, 360),
	product(3, "chips", "Chips", 70, 4, 150),
	product(3, "mixed-nuts", "Mixed nuts", 237, 2, 290),
	product(3, "chocolate", "Chocolate bar", 113, 1, 190),
]);
