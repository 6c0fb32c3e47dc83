import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeLockRecord, encodeLockRecord } from "./lock-record.ts";
import type { LockRecord } from "./lock-state.ts";

const count = fc.nat();
const milligrams = fc.integer({ min: -100_000_000, max: 100_000_000 });
const flags = fc.uniqueArray(
	fc.constantFrom("ajar" as const, "resumed" as const, "forced" as const, "unstable" as const, "scale-fault" as const),
);
const weights = fc.array(fc.record({ shelf: fc.nat(7), milligrams, spreadMilligrams: count }), { maxLength: 4 });
const saleId = fc.string({ maxLength: 64 });
const record: fc.Arbitrary<LockRecord> = fc.record({
	boot: count,
	counter: count,
	executed: fc.nat(0xffff_ffff),
	phase: fc.constantFrom("locked" as const, "measuring" as const, "unlocked" as const, "open" as const),
	service: fc.option(fc.record({ commandId: saleId }), { nil: undefined }),
	healthLock: fc.boolean(),
	session: fc.option(
		fc.record({ saleId, counter: count, opened: fc.boolean(), doorOpenMs: count, flags, baseline: weights }),
		{ nil: undefined },
	),
	idle: weights,
	pending: fc.array(
		fc.record({
			number: count,
			saleId,
			counter: count,
			boot: count,
			opened: fc.boolean(),
			doorOpenMs: count,
			flags,
			shelves: fc.array(
				fc.record({
					shelf: fc.nat(7),
					baselineMilligrams: milligrams,
					finalMilligrams: milligrams,
					spreadMilligrams: count,
				}),
				{ maxLength: 4 },
			),
		}),
		{ maxLength: 4 },
	),
	nextReport: count,
});

test("what is decoded is what was encoded", () => {
	fc.assert(
		fc.property(record, (original) => {
			expect(decodeLockRecord(encodeLockRecord(original))).toEqual(original);
		}),
		{ seed: 419 },
	);
});

test("a text with a piece cut off or one character changed is another record or none, and never throws", () => {
	fc.assert(
		fc.property(record, fc.nat(), fc.nat(127), (original, place, code) => {
			const text = encodeLockRecord(original);
			const at = place % text.length;
			expect(decodeLockRecord(text.slice(0, at))).toBeUndefined();
			const changed = decodeLockRecord(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
			if (changed !== undefined) expect(decodeLockRecord(encodeLockRecord(changed))).toEqual(changed);
		}),
		{ seed: 419, numRuns: 1_000 },
	);
});

test.each([
	"",
	"null",
	"{}",
	"[]",
	'[2,1,0,0,"locked",0,0,0,[],[],1]',
	'[1,1,0,4294967296,"locked",0,0,0,[],[],1]',
	'[1,1,0,0,"asleep",0,0,0,[],[],1]',
	'[1,1,0,0,"locked",0,0,[],[],[],1]',
	'[1,1,-1,0,"locked",0,0,0,[],[],1]',
	'[1,1,0,0,"locked",0,0,0,[[0,0.5,0]],[],1]',
	'[1,1,0,0,"locked",[],0,0,[],[],1]',
	'[1,1,0,0,"locked",2,0,0,[],[],1]',
])("%j is unreadable", (text) => {
	expect(decodeLockRecord(text)).toBeUndefined();
});

test("a record of firmware 0.1.0 is read, in a service too", () => {
	expect(decodeLockRecord('[1,7,3,5,"locked",0,1,0,[[0,2000000,300]],[],4]')).toMatchObject({
		boot: 7,
		counter: 3,
		executed: 5,
		service: undefined,
		healthLock: true,
		idle: [{ shelf: 0, milligrams: 2_000_000, spreadMilligrams: 300 }],
		nextReport: 4,
	});
	expect(decodeLockRecord('[1,7,3,5,"service",1,0,0,[],[],4]')?.service).toEqual({ commandId: "" });
});

test("outside of a service the record is written as firmware 0.1.0 wrote it, so that an update can be taken back", () => {
	const text = '[1,7,3,5,"locked",0,1,0,[[0,2000000,300]],[],4]';
	const read = decodeLockRecord(text);
	expect(read && encodeLockRecord(read)).toBe(text);
});
