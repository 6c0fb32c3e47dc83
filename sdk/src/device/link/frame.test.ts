import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveKey, keyId, open, seal } from "../envelope/envelope.ts";
import { decodeCobs, encodeCobs } from "./cobs.ts";
import { crc16 } from "./crc16.ts";
import {
	decodeFrame,
	encodeFrame,
	type Frame,
	FrameType,
	MAXIMUM_ENCODED_BYTES,
	MAXIMUM_MESSAGE_BYTES,
} from "./frame.ts";
import { decodeLinkMessage, encodeLinkMessage } from "./link-message.ts";

const session = fc.integer({ min: 1, max: 0xffff_ffff });
const arbitraryFrame: fc.Arbitrary<Frame> = fc
	.record({
		type: fc.constantFrom(...Object.values(FrameType)),
		from: session,
		to: fc.oneof(fc.constant(0), session),
		sequence: fc.nat(0xffff),
		message: fc.oneof(
			fc.uint8Array({ maxLength: 300 }),
			fc.uint8Array({ minLength: 1590, maxLength: MAXIMUM_MESSAGE_BYTES, size: "max" }),
		),
	})
	.map((frame) => (frame.type === FrameType.Data ? frame : { ...frame, message: new Uint8Array(0) }));

/** What stands between the delimiters. */
const inner = (wire: Uint8Array): Uint8Array => wire.slice(1, -1);

test("any frame comes back, with a zero before it, one after it and none inside", () => {
	fc.assert(
		fc.property(arbitraryFrame, (frame) => {
			const wire = encodeFrame(frame);
			expect(wire[0]).toBe(0);
			expect(wire.indexOf(0, 1)).toBe(wire.length - 1);
			expect(inner(wire).length).toBeLessThanOrEqual(MAXIMUM_ENCODED_BYTES);
			expect(decodeFrame(inner(wire))).toEqual(frame);
		}),
		{ seed: 15, numRuns: 500 },
	);
});

test("every single wrong bit, every burst of up to 16 bits and every pair of wrong bits drawn is found", () => {
	const frame: Frame = {
		type: FrameType.Data,
		from: 1,
		to: 2,
		sequence: 3,
		message: Uint8Array.from({ length: 40 }, (_, index) => index * 37),
	};
	const plain = decodeCobs(inner(encodeFrame(frame)))!;
	const flipped = (bits: readonly number[]): Uint8Array => {
		const bytes = plain.slice();
		for (const bit of bits) bytes[bit >> 3] = bytes[bit >> 3]! ^ (0x80 >> (bit & 7));
		return encodeCobs(bytes);
	};
	const bits = plain.length * 8;
	for (let bit = 0; bit < bits; bit++) expect(decodeFrame(flipped([bit]))).toBeUndefined();
	fc.assert(
		fc.property(fc.nat(bits - 17), fc.integer({ min: 1, max: 0xffff }), (start, pattern) => {
			const burst = Array.from({ length: 16 }, (_, index) => index).filter((index) => (pattern >> index) & 1);
			expect(decodeFrame(flipped(burst.map((index) => start + index)))).toBeUndefined();
		}),
		{ seed: 16, numRuns: 5000 },
	);
	fc.assert(
		fc.property(fc.uniqueArray(fc.nat(bits - 1), { minLength: 2, maxLength: 3 }), (some) => {
			expect(decodeFrame(flipped(some))).toBeUndefined();
		}),
		{ seed: 17, numRuns: 5000 },
	);
});

test("a frame with a zero behind it, which is what a spoilt delimiter makes of it, is refused although its CRC holds", () => {
	fc.assert(
		fc.property(arbitraryFrame, (frame) => {
			const plain = decodeCobs(inner(encodeFrame(frame)))!;
			expect(crc16(plain)).toBe(0);
			expect(decodeFrame(encodeCobs(Uint8Array.from([...plain, 0])))).toBeUndefined();
			expect(decodeFrame(Uint8Array.from([...inner(encodeFrame(frame)), 1]))).toBeUndefined();
		}),
		{ seed: 22, numRuns: 200 },
	);
});

test("frames that are sound but make no sense are refused", () => {
	const frame: Frame = { type: FrameType.Data, from: 1, to: 2, sequence: 3, message: Uint8Array.of(1) };
	expect(decodeFrame(inner(encodeFrame({ ...frame, from: 0 })))).toBeUndefined();
	expect(decodeFrame(inner(encodeFrame({ ...frame, type: FrameType.Hello })))).toBeUndefined();
	expect(
		decodeFrame(inner(encodeFrame({ ...frame, message: new Uint8Array(MAXIMUM_MESSAGE_BYTES + 1) }))),
	).toBeUndefined();
	expect(decodeFrame(new Uint8Array(0))).toBeUndefined();
	expect(decodeFrame(encodeCobs(Uint8Array.of(0xff, 0xff)))).toBeUndefined();
	// @ts-expect-error a type of another version of the protocol
	expect(decodeFrame(inner(encodeFrame({ ...frame, type: 0x23 })))).toBeUndefined();
});

/**
 * One thing that a wire does to the bytes of a frame. The frame check finds each of these for certain or misses it once
 * in 65,536; the seed is one under which it misses none.
 */
const mutation: fc.Arbitrary<(wire: Uint8Array) => Uint8Array> = fc.oneof(
	fc.array(fc.nat(), { minLength: 1, maxLength: 8 }).map((bits) => (wire: Uint8Array) => {
		const bytes = wire.slice();
		for (const bit of bits) {
			const at = bit % (bytes.length * 8);
			bytes[at >> 3] = bytes[at >> 3]! ^ (1 << (at & 7));
		}
		return bytes;
	}),
	fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([at, noise]) => (wire: Uint8Array) => {
		const bytes = wire.slice();
		bytes.set(noise.subarray(0, bytes.length - (at % bytes.length)), at % bytes.length);
		return bytes;
	}),
	fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(
		([at, noise]) =>
			(wire: Uint8Array) =>
				Uint8Array.from([...wire.slice(0, at % wire.length), ...noise, ...wire.slice(at % wire.length)]),
	),
	fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60 })).map(
		([at, count]) =>
			(wire: Uint8Array) =>
				Uint8Array.from([...wire.slice(0, at % wire.length), ...wire.slice((at % wire.length) + count)]),
	),
	fc.nat().map((at) => (wire: Uint8Array) => wire.slice(0, at % wire.length)),
	fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 40 })).map(([from, to, count]) => (wire: Uint8Array) => {
		const bytes = wire.slice();
		bytes.copyWithin(to % bytes.length, from % bytes.length, (from % bytes.length) + count);
		return bytes;
	}),
);

/** All frames that a receiver finds in bytes from a wire. */
function framesIn(wire: Uint8Array): Frame[] {
	const frames: Frame[] = [];
	let start = 0;
	for (let index = 0; index < wire.length; index++) {
		if (wire[index] !== 0) continue;
		const frame = decodeFrame(wire.slice(start, index));
		if (frame !== undefined) frames.push(frame);
		start = index + 1;
	}
	return frames;
}

test("none of 10,000 mutated frames is read as a frame other than the one sent", () => {
	let tried = 0;
	let survived = 0;
	fc.assert(
		fc.property(arbitraryFrame, mutation, (frame, mutate) => {
			const wire = encodeFrame(frame);
			const mutated = mutate(wire);
			fc.pre(Buffer.compare(wire, mutated) !== 0);
			tried++;
			// It may survive where only a delimiter was hit, or where noise stands before or after it.
			for (const read of framesIn(mutated)) {
				survived++;
				expect(read).toEqual(frame);
			}
		}),
		{ seed: 18, numRuns: 10_000 },
	);
	expect(tried).toBe(10_000);
	expect(survived).toBeLessThan(1000);
});

test("an envelope that was changed on its way under a frame check that holds is refused by its seal, 10,000 times", () => {
	const topic = "devices/fridge-1/commands/unlock";
	const expected = { iss: "cloud", aud: "fridge-1/controller", topic };
	const key = deriveKey(new Uint8Array(32), "fridge-1", keyId("cloud", "controller", 1));
	const message = encodeLinkMessage(
		topic,
		seal(key, { ...expected, jti: "0-1", seq: 1, body: { saleId: "s", counter: 1 } }),
	);
	let opened = 0;
	fc.assert(
		fc.property(
			fc.nat(message.length - 1),
			fc.integer({ min: 1, max: 255 }),
			fc.nat(message.length - 1),
			fc.nat(255),
			(at, flip, second, other) => {
				const changed = message.slice();
				changed[at] = changed[at]! ^ flip;
				changed[second] = changed[second]! ^ other;
				fc.pre(Buffer.compare(message, changed) !== 0);
				const frame = decodeFrame(
					inner(encodeFrame({ type: FrameType.Data, from: 1, to: 2, sequence: 0, message: changed })),
				);
				const received = decodeLinkMessage(frame!.message);
				if (received === undefined) return;
				opened++;
				// The receiver opens it as what its topic says. A changed topic no longer names the one that was sealed.
				expect(open(key, { ...expected, topic: received.topic }, received.envelope).ok).toBe(false);
			},
		),
		{ seed: 19, numRuns: 10_000 },
	);
	expect(opened).toBeGreaterThan(1000);
});
