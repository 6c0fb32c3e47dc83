import { Board } from "@visionvend/hardware-sim/board/board";
import { NAU7802Chip } from "@visionvend/hardware-sim/chips/nau7802";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HX711Sample } from "../hx711/hx711.ts";
import { run } from "./example.ts";
import { NAU7802, type NAU7802Options, type NAU7802Sample } from "./nau7802.ts";

const ms = 1e6;
const pins = { data: 10, clock: 11 };

function rig(options: { noiseCounts?: number } = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new NAU7802Chip({ clock, random: new SeededRandom(1), ready: board.net(48), ...options });
	board.attachI2C(pins, 0x2a, chip);
	const open = (more: Partial<NAU7802Options> = {}) => new NAU7802({ sensor: { io: board.io.I2C, ...pins }, ...more });
	return { clock, board, chip, open };
}

/** Samples every 2 ms for as long as it takes, three seconds at most. Errors pass through. */
function next(scale: NAU7802, clock: SimulationClock): NAU7802Sample | undefined {
	for (let tries = 0; tries < 1_500; tries++) {
		clock.run(2 * ms);
		const sample = scale.sample();
		if (sample !== undefined) return sample;
	}
	return undefined;
}

test("the set-up uses registers that the part has, and the first reading comes calibrated and settled", () => {
	for (const { rate, withinMs } of [
		{ rate: 10, withinMs: 1_500 },
		{ rate: 80, withinMs: 720 },
		{ rate: 320, withinMs: 650 },
	] as const) {
		const { clock, chip, open } = rig();
		const scale = open();
		scale.configure({ rate });
		chip.setInput(100_000);
		const at = clock.now;
		expect(next(scale, clock)).toEqual({ raw: 100_000 });
		expect((clock.now - at) / ms).toBeLessThan(withinMs);
		expect([chip.gain, chip.rate, chip.unknownCommands]).toEqual([128, rate, []]);
	}
});

test("every reading of the 24-bit range comes through with its sign, and what is past the range is saturated", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	scale.configure({ rate: 320 });
	next(scale, clock);
	fc.assert(
		fc.property(fc.oneof(fc.integer({ min: -9_000_000, max: 9_000_000 }), fc.constantFrom(0, -1, 1)), (counts) => {
			chip.setInput(counts);
			clock.run(4 * ms);
			// The form of an HX711's sample: a scale takes either.
			const expected: HX711Sample =
				counts >= 0x7fffff
					? { raw: 0x7fffff, faults: { saturated: true } }
					: counts <= -0x800000
						? { raw: -0x800000, faults: { saturated: true } }
						: { raw: counts === 0 ? 0 : counts };
			expect(scale.sample()).toEqual(expected);
		}),
		{ seed: 1, numRuns: 300 },
	);
});

test("gain amplifies, and after a change no reading of before or in between comes through", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	scale.configure({ rate: 80 });
	chip.setInput(12_800);
	next(scale, clock);
	for (const gain of [1, 2, 4, 8, 16, 32, 64, 128] as const) {
		clock.run(100 * ms);
		scale.configure({ gain });
		expect(next(scale, clock)).toEqual({ raw: gain * 100 });
		expect(next(scale, clock)).toEqual({ raw: gain * 100 });
		expect(scale.configuration).toEqual({ gain, rate: 80 });
	}
});

test("readings come at the rate, none twice, and one that nobody fetches is overwritten", () => {
	for (const rate of [10, 20, 40, 80, 320] as const) {
		const { clock, chip, open } = rig();
		const scale = open();
		scale.configure({ rate });
		next(scale, clock);
		let readings = 0;
		for (let i = 0; i < 2_000; i++) {
			clock.run(ms);
			if (scale.sample() !== undefined) readings++;
		}
		// The bus takes its time too: two seconds are a little more.
		expect(readings).toBeGreaterThanOrEqual(2 * rate);
		expect(readings).toBeLessThan(2.4 * rate);
		expect(chip.overwritten).toBe(0);
		clock.run(1_000 * ms);
		expect(chip.overwritten).toBe(rate - 1);
	}
});

test("sample costs a quarter of a millisecond of bus and never waits", () => {
	const { clock, open } = rig();
	const scale = open();
	for (let i = 0; i < 300; i++) {
		clock.run(10 * ms);
		const at = clock.now;
		scale.sample();
		expect(clock.now - at).toBeLessThan(0.4 * ms);
	}
});

test("an input that is open is found at the set-up by the test current, too much load is not taken for one", () => {
	const { clock, chip, open } = rig();
	chip.setInput(undefined);
	const scale = open();
	expect(next(scale, clock)).toEqual({ raw: 0, faults: { disconnected: true } });
	chip.setInput(5_000);
	scale.configure({ rate: 80 });
	expect(next(scale, clock)).toEqual({ raw: 5_000 });
	chip.setInput(20_000_000);
	scale.configure({ rate: 320 });
	expect(next(scale, clock)).toEqual({ raw: 0x7fffff, faults: { saturated: true } });
	chip.setInput(5_000);
	clock.run(4 * ms);
	expect(scale.sample()).toEqual({ raw: 5_000 });
});

test("a calibration that fails is tried again, and after three failures the part counts as broken until the next try", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(777);
	chip.failCalibrations(2);
	expect(next(scale, clock)).toEqual({ raw: 777 });
	chip.failCalibrations(3);
	scale.configure({ gain: 64 });
	expect(() => next(scale, clock)).toThrow(/NAU7802 failed to calibrate 3 times.*wires/);
	expect(next(scale, clock)).toEqual({ raw: Math.round(777 / 2) });
});

test("a dip of the supply is noticed with the next look, and gain and rate are set again", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	scale.configure({ gain: 32, rate: 80 });
	chip.setInput(4_000);
	next(scale, clock);
	chip.power(false);
	chip.power(true);
	expect(() => scale.sample()).toThrow(/lost its settings.*3\.3 V/);
	expect(next(scale, clock)).toEqual({ raw: 1_000 });
	expect([chip.gain, chip.rate]).toEqual([32, 80]);
	expect(chip.unknownCommands).toEqual([]);
});

test("a dip within the calibration, the warm-up or the settling never lets an uncalibrated reading through", () => {
	for (let atMs = 10; atMs < 1_400; atMs += 30) {
		const { clock, chip, open } = rig();
		const scale = open();
		chip.setInput(50_000);
		const seen = new Set<number>();
		let errors = 0;
		for (let now = 0; now < 4_000; now += 10) {
			clock.run(10 * ms);
			if (now === Math.floor(atMs / 10) * 10) {
				chip.power(false);
				chip.power(true);
			}
			try {
				const sample = scale.sample();
				if (sample !== undefined) seen.add(sample.raw);
			} catch {
				errors++;
			}
		}
		expect([...seen]).toEqual([50_000]);
		expect(errors).toBe(1);
	}
});

test("without supply every sample says so, at one bus transaction each, and it comes back by itself", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	next(scale, clock);
	chip.power(false);
	for (let i = 0; i < 100; i++) {
		const before = chip.transactions;
		expect(() => scale.sample()).toThrow(/0x2A/);
		expect(chip.transactions - before).toBe(1);
		clock.run(50 * ms);
	}
	chip.power(true);
	chip.setInput(-321);
	expect(next(scale, clock)).toEqual({ raw: -321 });
});

test("a part that never powers up makes the constructor throw after a bounded number of transactions, and the bus is free", () => {
	const { chip, open } = rig();
	chip.refusePowerUp();
	expect(() => open()).toThrow(/NAU7802 did not power up within 100 reads of PUR/);
	expect(chip.transactions).toBeLessThan(210);
	chip.refusePowerUp(false);
	open().close();
	chip.refuse(1);
	expect(() => open()).toThrow(/0x2A/);
	open();
});

test("a part that stops converting, or calibrating, is given up after a bounded number of transactions", () => {
	for (const stage of ["converting", "calibrating"]) {
		const { clock, chip, open } = rig();
		const scale = open();
		scale.configure({ rate: 80 });
		if (stage === "converting") next(scale, clock);
		else
			for (let i = 0; i < 150; i++) {
				clock.run(2 * ms);
				scale.sample();
			}
		chip.stick();
		const before = chip.transactions;
		let message = "";
		for (let calls = 0; message === "" && calls < 100_000; calls++) {
			try {
				scale.sample();
			} catch (error) {
				message = String(error);
			}
		}
		expect(message).toMatch(stage === "converting" ? /stopped converting: 250 reads/ : /did not end its calibration/);
		expect(chip.transactions - before).toBeLessThan(stage === "converting" ? 510 : 14_000);
		chip.stick(false);
		chip.setInput(9);
		expect(next(scale, clock)).toEqual({ raw: 9 });
	}
});

test("a part of another kind is refused", () => {
	const { board, open } = rig();
	board.detachI2C(pins, 0x2a);
	board.attachI2C(pins, 0x2a, {
		start: () => true,
		write: () => true,
		read: () => 0x5a,
		stop: () => undefined,
	});
	expect(() => open()).toThrow(/the part at 0x2A is another one \(its revision is 0x5a/);
});

test("DRDY rises with every reading, and a program that samples on it alone gets them all, after a change too", () => {
	const { board, clock, chip, open } = rig();
	const samples: NAU7802Sample[] = [];
	const scale = open({
		interrupt: { io: board.io.Digital, pin: 48 },
		onSample() {
			const sample = this.sample();
			if (sample !== undefined) samples.push(sample);
		},
	});
	chip.setInput(60);
	clock.run(3_000 * ms);
	expect(samples.length).toBeGreaterThanOrEqual(15);
	scale.configure({ gain: 64, rate: 80 });
	samples.length = 0;
	clock.run(3_000 * ms);
	expect(samples.length).toBeGreaterThanOrEqual(170);
	expect(new Set(samples.map(({ raw }) => raw))).toEqual(new Set([30]));
	expect(chip.overwritten).toBe(0);
});

test("noise passes through with its deviation", () => {
	const { clock, chip, open } = rig({ noiseCounts: 50 });
	const scale = open();
	scale.configure({ rate: 320 });
	chip.setInput(1_000);
	next(scale, clock);
	const all: number[] = [];
	while (all.length < 3_000) {
		clock.run(2 * ms);
		const sample = scale.sample();
		if (sample !== undefined) all.push(sample.raw);
	}
	const mean = all.reduce((sum, raw) => sum + raw, 0) / all.length;
	const deviation = Math.sqrt(all.reduce((sum, raw) => sum + (raw - mean) ** 2, 0) / all.length);
	expect(Math.abs(mean - 1_000)).toBeLessThan(4);
	expect(Math.abs(deviation - 50)).toBeLessThan(3);
});

test("bad values are refused and change nothing; close powers the load cell down", () => {
	const { chip, open } = rig();
	const scale = open();
	expect(() => Reflect.apply(scale.configure, scale, [{ gain: 3 }])).toThrow(RangeError);
	expect(() => Reflect.apply(scale.configure, scale, [{ rate: 50 }])).toThrow(RangeError);
	expect(scale.configuration).toEqual({ gain: 128, rate: 10 });
	expect(chip.converting).toBe(true);
	scale.close();
	expect(chip.converting).toBe(false);
});

test("the example reads ten times a second", () => {
	const { clock, board, chip } = rig();
	chip.setInput(4_242);
	const readings: number[] = [];
	run(board, (raw) => readings.push(raw));
	clock.run(3_000 * ms);
	expect(new Set(readings)).toEqual(new Set([4_242]));
	expect(readings.length).toBeGreaterThanOrEqual(15);
});
