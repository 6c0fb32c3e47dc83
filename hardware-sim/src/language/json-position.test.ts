import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonError, readJson } from "./json-position.ts";

test("every JSON text is read as JSON.parse reads it", () => {
	fc.assert(
		fc.property(fc.jsonValue(), fc.constantFrom(undefined, "\t", 3), (value, indent) => {
			const text = JSON.stringify(value, null, indent);
			expect(readJson(text).value).toEqual(JSON.parse(text));
		}),
		{ seed: 2, numRuns: 300 },
	);
});

test("every text that JSON.parse refuses is refused, and no other", () => {
	fc.assert(
		fc.property(fc.stringMatching(/^[[\]{}":,0-9.eE+\-truefalsn\\ \n]{0,12}$/), (text) => {
			let good = true;
			try {
				JSON.parse(text);
			} catch {
				good = false;
			}
			if (good) readJson(text);
			else expect(() => readJson(text)).toThrow(JsonError);
		}),
		{ seed: 3, numRuns: 3_000 },
	);
});

test("names, elements and their parents are found", () => {
	const { positions } = readJson('{\n  "a": [1,\n    { "b": 2 }]\n}');
	expect(positions.at(["a"])).toEqual({ line: 2, column: 3 });
	expect(positions.at(["a", 1])).toEqual({ line: 3, column: 5 });
	expect(positions.at(["a", 1, "b"])).toEqual({ line: 3, column: 7 });
	expect(positions.at(["a", 1, "missing", 4])).toEqual({ line: 3, column: 5 });
});

test("a name that stands twice in one object is refused at its second place", () => {
	expect(() => readJson('{ "steps": [\n  { "take": "cola", "take": "chips" } ] }')).toThrow(
		expect.objectContaining({
			message: '"take" stands here a second time.',
			position: { line: 2, column: 21 },
		}),
	);
	expect(readJson('[{ "take": 1 }, { "take": 2 }]').value).toEqual([{ take: 1 }, { take: 2 }]);
});

test("a byte order mark is passed over, and counts as no column", () => {
	const { value, positions } = readJson('\ufeff{ "a": 1 }');
	expect(value).toEqual({ a: 1 });
	expect(positions.at(["a"])).toEqual({ line: 1, column: 3 });
});

test("what nests deeper than people write is refused with its place; a long text is read", () => {
	expect(() => readJson("[".repeat(200_000))).toThrow(JsonError);
	const long = JSON.stringify("x\n".repeat(1_000_000));
	expect(readJson(long).value).toBe("x\n".repeat(1_000_000));
});
