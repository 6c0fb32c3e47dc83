import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFoodRecord, encodeFoodRecord } from "./food-record.ts";

test("what is decoded is what was encoded", () => {
	const record = fc.record({
		lock: fc.constantFrom("" as const, "warm" as const, "thermometer" as const),
		warmMs: fc.nat(),
		allowedMs: fc.nat(),
		relieved: fc.boolean(),
	});
	fc.assert(
		fc.property(record, (original) => {
			expect(decodeFoodRecord(encodeFoodRecord(original))).toEqual(original);
		}),
		{ seed: 419 },
	);
});

test.each([
	"",
	"null",
	"[]",
	"[2,0,0,900000,0]",
	"[1,3,0,900000,0]",
	"[1,0,-1,900000,0]",
	"[1,0,0,900000,2]",
	"[1,0,0,1",
])("%j is unreadable", (text) => {
	expect(decodeFoodRecord(text)).toBeUndefined();
});
