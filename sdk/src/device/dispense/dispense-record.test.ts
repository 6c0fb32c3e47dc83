import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeDispenseRecord, encodeDispenseRecord } from "./dispense-record.ts";
import type { DispenseRecord } from "./dispense-state.ts";

const count = fc.nat();
const id = fc.string({ maxLength: 64 });
const result = fc.record({
	slot: fc.nat(15),
	outcome: fc.constantFrom("delivered" as const, "failed" as const, "unknown" as const),
	reason: fc.string({ maxLength: 20 }),
});
const record: fc.Arbitrary<DispenseRecord> = fc.record({
	boot: count,
	counter: count,
	executed: fc.nat(0xffff_ffff),
	phase: fc.constantFrom("locked" as const, "delivering" as const, "service" as const, "health-lock" as const),
	service: fc.option(fc.record({ commandId: id, minutes: fc.nat(240) }), { nil: undefined }),
	healthLock: fc.boolean(),
	session: fc.option(
		fc
			.record({ saleId: id, counter: count, results: fc.array(result, { maxLength: 4 }), last: fc.nat(15) })
			.map(({ saleId, counter, results, last }) => ({
				saleId,
				counter,
				slots: [...results.map(({ slot }) => slot), last],
				results,
			})),
		{ nil: undefined },
	),
	pending: fc.array(
		fc.record({
			number: count,
			saleId: id,
			counter: count,
			boot: count,
			flags: fc.constantFrom([], ["resumed" as const]),
			dispensed: fc.array(result, { maxLength: 10 }),
		}),
		{ maxLength: 4 },
	),
	nextReport: count,
});

test("what is decoded is what was encoded", () => {
	fc.assert(
		fc.property(record, (original) => {
			expect(decodeDispenseRecord(encodeDispenseRecord(original))).toEqual(original);
		}),
		{ seed: 419 },
	);
});

test("a text with a piece cut off or one character changed is another record or none, and never throws", () => {
	fc.assert(
		fc.property(record, fc.nat(), fc.nat(127), (original, place, code) => {
			const text = encodeDispenseRecord(original);
			const at = place % text.length;
			expect(decodeDispenseRecord(text.slice(0, at))).toBeUndefined();
			const changed = decodeDispenseRecord(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
			if (changed !== undefined) expect(decodeDispenseRecord(encodeDispenseRecord(changed))).toEqual(changed);
		}),
		{ seed: 419, numRuns: 1_000 },
	);
});

test.each([
	"",
	"null",
	"{}",
	"[]",
	'[2,1,0,0,"locked",0,0,0,[],1]',
	'[1,1,0,4294967296,"locked",0,0,0,[],1]',
	'[1,1,0,0,"asleep",0,0,0,[],1]',
	'[1,1,0,0,"locked",1,0,0,[],1]',
	'[1,1,0,0,"delivering",0,0,["a",1,[0],[[0,0,""]]],[],1]',
	'[1,1,0,0,"delivering",0,0,["a",1,[0,1],[[0,3,""]]],[],1]',
])("%j is unreadable", (text) => {
	expect(decodeDispenseRecord(text)).toBeUndefined();
});
