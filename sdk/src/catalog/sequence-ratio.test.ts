import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { codePointLength, sequenceRatio, sequenceRatioBound } from "./sequence-ratio.ts";

const tableSchema = z.array(z.tuple([z.string(), z.string(), z.number()]));
const python = `
import difflib, json, sys
print(json.dumps([difflib.SequenceMatcher(None, a, b).ratio() for a, b in json.load(sys.stdin)]))
`;
const hasPython = spawnSync("python3", ["-c", "import difflib"]).status === 0;

test("1.13 the ratio is what Python 3.11's difflib gave for every pair of the table", () => {
	const table = tableSchema.parse(
		JSON.parse(readFileSync(new URL("sequence-ratio.fixture.json", import.meta.url), "utf8")),
	);
	expect(table.length).toBeGreaterThan(140);
	for (const [a, b, ratio] of table) expect(sequenceRatio(a, b), JSON.stringify([a, b])).toBe(ratio);
});

test.skipIf(!hasPython)(
	"1.13 the ratio equals difflib's on thousands of random pairs, long and astral ones among them",
	() => {
		const short = fc.string({ unit: "binary", maxLength: 12 });
		const fewLetters = fc.string({
			unit: fc.constantFrom("a", "b", "c", " ", "é", "🍎", "\ud83d", "\ude00"),
			maxLength: 60,
		});
		const long = fc.string({ unit: fc.constantFrom(..."abcdefghij"), minLength: 190, maxLength: 320 });
		const pair = fc.oneof(
			{ weight: 6, arbitrary: fc.tuple(fewLetters, fewLetters) },
			{ weight: 2, arbitrary: fc.tuple(short, short) },
			{ weight: 1, arbitrary: fc.tuple(long, long) },
			{
				weight: 2,
				arbitrary: fc
					.tuple(long, fc.nat(300), fewLetters)
					.map(([text, at, put]): [string, string] => [text, text.slice(0, at) + put + text.slice(at + 3)]),
			},
		);
		const pairs = fc.sample(pair, { numRuns: 2_000, seed: 113 });
		const { stdout, stderr } = spawnSync("python3", ["-c", python], {
			input: JSON.stringify(pairs),
			encoding: "utf8",
			maxBuffer: 1 << 24,
		});
		expect(stderr).toBe("");
		const ratios = z.array(z.number()).parse(JSON.parse(stdout));
		expect(ratios).toHaveLength(pairs.length);
		const wrong = pairs.flatMap(([a, b], index) =>
			sequenceRatio(a, b) === ratios[index] ? [] : [[a, b, ratios[index]]],
		);
		expect(wrong).toEqual([]);
	},
);

test("no ratio exceeds its bound, and a text is wholly like itself while none of its characters is too frequent", () => {
	fc.assert(
		fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (a, b) => {
			expect(sequenceRatio(a, b)).toBeLessThanOrEqual(sequenceRatioBound(codePointLength(a), codePointLength(b)));
			expect(sequenceRatio(a, a)).toBe(1);
		}),
		{ seed: 113 },
	);
});
