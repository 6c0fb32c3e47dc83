import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeLinkMessage, encodeLinkMessage } from "./link-message.ts";

const printable = fc.string({
	unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
	minLength: 1,
	maxLength: 255,
});

test("topic and envelope come back", () => {
	fc.assert(
		fc.property(printable, printable, (topic, envelope) => {
			const bytes = encodeLinkMessage(topic, envelope);
			expect(bytes.length).toBe(1 + topic.length + envelope.length);
			expect(decodeLinkMessage(bytes)).toEqual({ topic, envelope });
		}),
		{ seed: 10, numRuns: 500 },
	);
});

test("what is decoded at all is what would be encoded", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
			const message = decodeLinkMessage(bytes);
			if (message !== undefined) expect(encodeLinkMessage(message.topic, message.envelope)).toEqual(bytes);
		}),
		{ seed: 11, numRuns: 5000 },
	);
	for (const bytes of [
		[],
		[0],
		[0, 0x61],
		[1, 0x61],
		[2, 0x61],
		[1, 0x20, 0x61],
		[1, 0x61, 0x7f],
		[1, 0x61, 0xc3, 0xa9],
	]) {
		expect(decodeLinkMessage(Uint8Array.from(bytes)), String(bytes)).toBeUndefined();
	}
});

test("an empty part, a topic that is too long, a space or another script is refused with the reason", () => {
	expect(() => encodeLinkMessage("", "x")).toThrow(RangeError);
	expect(() => encodeLinkMessage("x", "")).toThrow(RangeError);
	expect(() => encodeLinkMessage("x".repeat(256), "x")).toThrow(/1 to 255/);
	expect(() => encodeLinkMessage("a b", "x")).toThrow(/character 1 of "a b" is U\+0020/);
	expect(() => encodeLinkMessage("a", "水")).toThrow(/U\+6c34/);
});
