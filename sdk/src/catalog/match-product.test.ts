import fc from "fast-check";
import { expect, test } from "vitest";
import { matchProduct } from "./match-product.ts";
import { sequenceRatio } from "./sequence-ratio.ts";

const apple = { sku: "APL-1", name: "Red Apple", aliases: ["pomme rouge", "gala"] };
const cola = { sku: "cola", name: "Cola 330 ml", aliases: ["coke"] };
/** Its name is another product's SKU, and its alias another one's name. */
const decoy = { sku: "decoy", name: "APL-1", aliases: ["Cola 330 ml", "red apple"] };

test.each([
	["APL-1", "sku", "APL-1"],
	["apl-1", "name", "decoy"],
	["RED APPLE", "name", "APL-1"],
	["  red apple ", "name", "APL-1"],
	["Coke", "alias", "cola"],
	["GALA", "alias", "APL-1"],
	["red aple", "fuzzy", "APL-1"],
	["cola 33 ml", "fuzzy", "cola"],
] as const)("1.13 %j is found by its %s", (detected, by, sku) => {
	const products = sku === "decoy" ? [apple, decoy, cola] : [apple, cola];
	expect(matchProduct(detected, products)).toMatchObject({ by, product: { sku } });
});

test("1.13 a SKU goes before another product's name, and a name before another product's alias", () => {
	expect(matchProduct("APL-1", [decoy, apple, cola])?.product).toBe(apple);
	expect(matchProduct("cola 330 ML", [decoy, apple, cola])?.product).toBe(cola);
});

test("1.13 what is like nothing stays unmatched, for people to say", () => {
	expect(matchProduct("screwdriver", [apple, cola])).toBeUndefined();
	expect(matchProduct("", [apple, cola])).toBeUndefined();
	expect(matchProduct("apple", [])).toBeUndefined();
});

test("1.13 a ratio of exactly the threshold is enough, and one below is not", () => {
	// 2 × 3 ÷ (5 + 5) = 0.6
	const product = { sku: "x", name: "abcde", aliases: [] };
	expect(matchProduct("abcxy", [product], 0.6)).toEqual({ by: "fuzzy", product, ratio: 0.6 });
	expect(matchProduct("abcxy", [product], 0.61)).toBeUndefined();
});

test("the fuzzy match is the best of all names and aliases, and the first of equals", () => {
	const name = fc.string({ unit: fc.constantFrom(..."abc "), minLength: 1, maxLength: 8 });
	const product = fc.record({ sku: fc.uuid(), name, aliases: fc.array(name, { maxLength: 2 }) });
	fc.assert(
		fc.property(
			fc.array(product, { maxLength: 6 }),
			name,
			fc.double({ min: 0.3, max: 1, noNaN: true }),
			(list, said, threshold) => {
				const match = matchProduct(said, list, threshold);
				if (match !== undefined && match.by !== "fuzzy") return;
				const detected = said.trim();
				const scores = list.flatMap((candidate) =>
					[candidate.name, ...candidate.aliases].map((text) => ({ candidate, ratio: sequenceRatio(detected, text) })),
				);
				const best = Math.max(-1, ...scores.map(({ ratio }) => ratio));
				if (detected === "" || best < threshold) expect(match).toBeUndefined();
				else {
					expect(match?.ratio).toBe(best);
					expect(match?.product).toBe(scores.find(({ ratio }) => ratio === best)?.candidate);
				}
			},
		),
		{ seed: 113, numRuns: 300 },
	);
});
