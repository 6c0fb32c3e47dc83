import fc from "fast-check";
import { expect, test } from "vitest";
import { TextsOutside } from "./texts-outside.ts";

test("every text comes back from its place, however many and long they are", () => {
	const text = fc.oneof(
		fc.string({ unit: "grapheme", maxLength: 50 }),
		fc.constant("€".repeat(40_000)),
		fc.constant(""),
	);
	fc.assert(
		fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
			const outside = new TextsOutside();
			const places = texts.map((each) => outside.add(each));
			expect(places.map((place) => outside.at(place))).toEqual(texts);
		}),
		{ seed: 1, numRuns: 100 },
	);
});
