import { Board } from "@visionvend/hardware-sim/board/board";
import { HX711Chip, type HX711ChipOptions } from "@visionvend/hardware-sim/chips/hx711";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { HX711, type HX711Sample } from "./hx711.ts";

const ms = 1e6;

function rig(options: Partial<HX711ChipOptions> = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new HX711Chip({
		clock,
		pins: { clock: board.net(14), data: board.net(15) },
		random: new SeededRandom(1),
		noiseCounts: 0,
		...options,
	});
	const { Digital, SPI } = board.io;
	const wires = { clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 } };
	const open = () => new HX711(wires);
	const openTimed = () => new HX711({ ...wires, microseconds: () => clock.now / 1_000 });
	const openSPI = () => new HX711({ sensor: { io: SPI, out: 14, in: 15 } });
	return { clock, board, chip, open, openTimed, openSPI };
}

test.each(["openTimed", "openSPI"] as const)(
	"%s: every reading of the 24-bit range comes through with its sign, and what is past the range is saturated",
	(how) => {
		const made = rig();
		const { clock, chip } = made;
		const scale = made[how]();
		clock.run(400 * ms);
		fc.assert(
			fc.property(fc.oneof(fc.integer({ min: -9_000_000, max: 9_000_000 }), fc.constantFrom(0, -1, 1)), (counts) => {
				chip.setInput(counts);
				scale.sample();
				clock.run(100 * ms);
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
	},
);

test("the first reading comes 400 ms after power-up at 10 readings a second, 50 ms at 80", () => {
	for (const { rate, settledMs } of [{ rate: 10, settledMs: 400 } as const, { rate: 80, settledMs: 50 } as const]) {
		const { clock, open } = rig({ rate });
		const scale = open();
		clock.run(settledMs * ms - 1_000);
		expect(scale.sample()).toBeUndefined();
		clock.run(1_000);
		expect(scale.sample()).toEqual({ raw: 0 });
		expect(scale.sample()).toBeUndefined();
	}
});

test("a reading that nobody fetches is overwritten by the next", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(111);
	clock.run(450 * ms);
	chip.setInput(222);
	clock.run(100 * ms);
	expect(scale.sample()?.raw).toBe(222);
	expect(chip.overwritten).toBe(1);
});

test("gain holds from the following conversion, 400 ms later; the reading in between is dropped", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(128_000);
	chip.setInput(4_000, "B");
	clock.run(400 * ms);
	scale.configure({ gain: 64 });
	expect(scale.sample()).toBeUndefined();
	clock.run(399 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(2 * ms);
	expect(scale.sample()?.raw).toBe(64_000);
	scale.configure({ gain: 32 });
	clock.run(100 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(400 * ms);
	expect(scale.sample()?.raw).toBe(1_000);
	clock.run(100 * ms);
	expect(scale.sample()?.raw).toBe(1_000);
});

test("gain 64, read again and again, settles once and stays", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(1_000);
	scale.configure({ gain: 64 });
	let samples = 0;
	for (let i = 0; i < 500; i++) {
		clock.run(10 * ms);
		const sample = scale.sample();
		if (sample === undefined) continue;
		expect(sample).toEqual({ raw: 500 });
		samples++;
	}
	expect(samples).toBeGreaterThanOrEqual(41);
	expect(chip.gain).toBe(64);
});

test("asleep the chip does nothing and costs the clock nothing; awake it settles for 400 ms with the chosen gain", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(1_000);
	scale.configure({ gain: 64 });
	clock.run(1000 * ms);
	scale.sample();
	scale.sleep();
	clock.run(59_000);
	expect(chip.asleep).toBe(false);
	clock.run(1_000);
	expect(chip.asleep).toBe(true);
	expect(clock.nextAt).toBeUndefined();
	clock.run(10_000 * ms);
	expect(scale.sample()).toBeUndefined();
	scale.wake();
	scale.wake();
	expect(chip.asleep).toBe(false);
	const got: number[] = [];
	const at = clock.now;
	while (clock.now < at + 1_000 * ms) {
		clock.run(ms);
		const sample = scale.sample();
		if (sample !== undefined) got.push(Math.floor((clock.now - at) / ms), sample.raw);
	}
	// 400 ms at gain 128 (dropped), then 400 ms more at gain 64.
	expect(got).toEqual([800, 500, 900, 500, 1000, 500]);
});

test("a stall of 70 µs while the clock is high puts the chip to sleep in the middle of a reading: it is dropped", () => {
	for (const how of ["open", "openTimed"] as const) {
		const made = rig();
		const { clock, board, chip } = made;
		const scale = made[how]();
		chip.setInput(0x123456);
		clock.run(400 * ms);
		board.stall(70_000, 12); // after the look at DOUT, three accesses a bit: the read of the fourth, PD_SCK being high
		expect(scale.sample()).toBeUndefined();
		expect([chip.sleeps, chip.fetches]).toEqual([1, 1]);
		clock.run(50 * ms);
		expect(scale.sample()).toBeUndefined();
		clock.run(500 * ms);
		expect(scale.sample()).toEqual({ raw: 0x123456 });
	}
});

test("wherever a stall comes, with a clock the value is right or it is dropped, and the next one is right at any gain", () => {
	for (const gain of [128, 64, 32] as const) {
		for (let access = 1; access <= 83; access++) {
			const { clock, board, chip, openTimed } = rig({ rate: 80 });
			const scale = openTimed();
			scale.configure({ gain });
			chip.setInput(0x123400);
			chip.setInput(0x123400, "B");
			const raw = (0x123400 * gain) / 128;
			for (let got = 0; got < 2; ) {
				clock.run(5 * ms);
				if (scale.sample() !== undefined) got++;
			}
			board.stall(61_000, access);
			let next: HX711Sample | undefined;
			for (let look = 0; look < 30; look++) {
				clock.run(5 * ms);
				next = scale.sample();
				if (next !== undefined) expect(next).toEqual({ raw });
			}
			for (let look = 0; look < 4 && next === undefined; look++) {
				clock.run(5 * ms);
				next = scale.sample();
			}
			expect(next).toEqual({ raw });
		}
	}
});

test("without a clock a stall within the last bits goes unseen, and costs less than 128 counts", () => {
	let worst = 0;
	for (let access = 1; access <= 76; access++) {
		const { clock, board, chip, open } = rig();
		const scale = open();
		chip.setInput(0x123400);
		clock.run(400 * ms);
		board.stall(70_000, access);
		const sample = scale.sample();
		if (sample !== undefined && sample.faults === undefined) worst = Math.max(worst, Math.abs(sample.raw - 0x123400));
	}
	expect(worst).toBe(127);
});

test("without a clock a reading that ends in eight ones is taken when it comes twice", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	chip.setInput(-1);
	clock.run(400 * ms);
	expect(scale.sample()).toBeUndefined();
	for (let i = 0; i < 3; i++) {
		clock.run(100 * ms);
		expect(scale.sample()).toEqual({ raw: -1 });
	}
});

test("after a stall that may have torn the reading the driver restarts the chip, and no sooner than it can be sure of it", () => {
	const { clock, board, chip, openTimed } = rig();
	const scale = openTimed();
	chip.setInput(1_000);
	clock.run(400 * ms);
	board.stall(70_000, 14); // PD_SCK low: the chip is well, the driver cannot know
	expect(scale.sample()).toBeUndefined();
	expect(scale.sample()).toBeUndefined();
	clock.run(59_000);
	expect(chip.sleeps).toBe(0);
	expect(scale.sample()).toBeUndefined();
	clock.run(1 * ms);
	expect(chip.sleeps).toBe(1);
	expect(scale.sample()).toBeUndefined();
	expect(chip.asleep).toBe(false);
	clock.run(400 * ms);
	expect(scale.sample()).toEqual({ raw: 1_000 });
});

test("a reading that the next conversion overtakes is an overrun, and the part starts anew", () => {
	const { clock, board, chip, open } = rig();
	const scale = open();
	chip.setInput(0x700100);
	clock.run(500 * ms - 20_000);
	board.stall(400_000, 32); // PD_SCK is low after the tenth bit while the next conversion ends
	expect(scale.sample()?.faults).toEqual({ overrun: true });
	expect(chip.torn).toBe(1);
	clock.run(50 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(400 * ms);
	expect(scale.sample()).toEqual({ raw: 0x700100 });
});

test("over SPI a reading is a byte of looking and seven of clock, 64 µs, and no pulse is longer than 1 µs", () => {
	const { clock, board, chip, openSPI } = rig();
	const scale = openSPI();
	clock.run(300 * ms);
	expect(scale.sample()).toBeUndefined();
	expect(clock.now).toBe(300 * ms + 8_000);
	clock.run(100 * ms);
	let longest = 0;
	let roseAt = 0;
	let pulses = 0;
	board.net(14).watch((level) => {
		if (level === 1) {
			roseAt = clock.now;
			pulses++;
		} else longest = Math.max(longest, clock.now - roseAt);
	});
	const at = clock.now;
	chip.setInput(-5);
	expect(scale.sample()).toEqual({ raw: 0 });
	expect([clock.now - at, pulses, longest]).toEqual([64_000, 25, 1_000]);
	clock.run(100 * ms);
	expect(scale.sample()).toEqual({ raw: -5 });
});

test("over SPI gain, sleep and wake are those of the two wires, but the chip never sleeps", () => {
	const { clock, chip, openSPI } = rig();
	const scale = openSPI();
	chip.setInput(4_000);
	chip.setInput(8_000, "B");
	const settle = () => {
		for (let look = 0; look < 30; look++) {
			clock.run(50 * ms);
			const sample = scale.sample();
			if (sample !== undefined) return sample;
		}
		return undefined;
	};
	expect(settle()).toEqual({ raw: 4_000 });
	scale.configure({ gain: 64 });
	expect(settle()).toEqual({ raw: 2_000 });
	scale.configure({ gain: 32 });
	expect(settle()).toEqual({ raw: 2_000 });
	scale.sleep();
	clock.run(1_000 * ms);
	expect(scale.sample()).toBeUndefined();
	expect([chip.asleep, chip.sleeps]).toEqual([false, 0]);
	scale.wake();
	const at = clock.now;
	expect(settle()).toEqual({ raw: 2_000 });
	expect(clock.now - at).toBeGreaterThan(400 * ms);
	scale.close();
	scale.close();
	expect(() => scale.sample()).toThrow(/closed/);
});

test("over SPI a line that changes in the middle of a bit spoils the reading, which is dropped", () => {
	const { clock, board, chip, openSPI } = rig();
	const scale = openSPI();
	clock.run(400 * ms);
	const line = board.net(15).attach();
	chip.setInput(-1);
	scale.sample();
	clock.run(100 * ms);
	clock.after(20_600, () => line.drive(0)); // within the second half of the seventh bit
	clock.after(21_600, () => line.drive("Z"));
	expect(scale.sample()).toBeUndefined();
	clock.run(400 * ms);
	expect(scale.sample()).toEqual({ raw: -1 });
});

test("over SPI a line that is always low is no reading", () => {
	const { clock, board, openSPI } = rig();
	const scale = openSPI();
	board.net(15).attach().drive(0);
	clock.run(400 * ms);
	expect(scale.sample()).toEqual({ raw: 0, faults: { disconnected: true } });
});

test("bad options of the SPI form are refused before a pin is taken", () => {
	const { board } = rig();
	const { Digital, SPI } = board.io;
	const sensor = { io: SPI, out: 14, in: 15 };
	for (const bad of [
		{ sensor: {} },
		{ sensor: { io: SPI, out: 14 } },
		{ sensor: { ...sensor, hz: 49_999 } },
		{ sensor: { ...sensor, hz: 5_000_000 } },
		{ sensor, clock: { io: Digital, pin: 1 } },
		{ clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 }, microseconds: 1 },
	])
		expect(() => Reflect.construct(HX711, [bad])).toThrow(/^HX711: /);
	new Digital({ pin: 14, mode: Digital.Input }).close();
	new Digital({ pin: 15, mode: Digital.Input }).close();
});

test("broken wires: E+ answers no load, A− is saturated, PD_SCK at ground is disconnected; mended, all is well", () => {
	const { clock, chip, openTimed } = rig();
	const scale = openTimed();
	chip.setInput(100_000);
	clock.run(400 * ms);
	const next = () => {
		scale.sample();
		clock.run(100 * ms);
		return scale.sample();
	};
	chip.breakWire("excitation");
	expect(next()).toEqual({ raw: 0 });
	chip.breakWire("signal");
	expect(next()).toEqual({ raw: 0x7fffff, faults: { saturated: true } });
	chip.breakWire("clock");
	clock.run(100 * ms);
	expect(scale.sample()).toEqual({ raw: 0, faults: { disconnected: true } });
	chip.breakWire(undefined);
	clock.run(1 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(500 * ms);
	expect(next()).toEqual({ raw: 100_000 });
});

test("drift follows the temperature, and a load creeps on by its share", () => {
	const { clock, chip, open } = rig({
		drift: { offsetCountsPerCelsius: 2.5, gainPerCelsius: 5e-6 },
		creep: { fraction: 0.0002, timeConstantSeconds: 300 },
	});
	const scale = open();
	const next = () => {
		scale.sample();
		clock.run(100 * ms);
		return scale.sample()?.raw;
	};
	clock.run(400 * ms);
	chip.setInput(1_000_000);
	expect(next()).toBe(1_000_000);
	clock.run(300_000 * ms);
	expect(next()).toBe(1_000_126);
	clock.run(3_000_000 * ms);
	expect(next()).toBe(1_000_200);
	chip.setCelsius(5);
	expect(next()).toBe(Math.round(1_000_200 * (1 - 1e-4) - 50));
	chip.setInput(0);
	chip.setCelsius(25);
	expect(next()).toBe(200);
});

test("a stall while the clock is low harms nothing", () => {
	const { clock, board, chip, open } = rig();
	const scale = open();
	chip.setInput(0x123456);
	clock.run(400 * ms);
	board.stall(70_000, 14); // the write that raises PD_SCK for the fifth bit
	expect(scale.sample()).toEqual({ raw: 0x123456 });
});

test("a conversion that ends while the one before is shifted out waits for its turn", () => {
	const { clock, board, chip, open } = rig();
	const scale = open();
	chip.setInput(1_000);
	clock.run(500 * ms - 5_000);
	chip.setInput(-7);
	expect(scale.sample()).toEqual({ raw: 1_000 });
	expect(board.net(15).level).toBe(1);
	clock.run(150_000);
	expect(scale.sample()).toEqual({ raw: -7 });
	clock.run(99 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(1 * ms);
	expect(scale.sample()).toEqual({ raw: -7 });
});

test("without a part on the wires there is no reading; with DOUT shorted to ground the reading says so", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const { Digital } = board.io;
	const scale = new HX711({ clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 } });
	clock.run(1_000 * ms);
	expect(scale.sample()).toBeUndefined();
	board.net(15).attach().drive(0);
	expect(scale.sample()).toEqual({ raw: 0, faults: { disconnected: true } });
});

test("a chip without power is silent, and back it starts anew", () => {
	const { clock, chip, open } = rig();
	const scale = open();
	clock.run(400 * ms);
	chip.power(false);
	clock.run(1_000 * ms);
	expect(scale.sample()).toBeUndefined();
	chip.power(true);
	clock.run(399 * ms);
	expect(scale.sample()).toBeUndefined();
	clock.run(ms);
	expect(scale.sample()).toEqual({ raw: 0 });
});

test("noise is Gaussian with the deviation asked for, and the same seed gives the same readings", () => {
	const readings = () => {
		const { clock, open } = rig({ noiseCounts: 20 });
		const scale = open();
		const all: number[] = [];
		for (let i = 0; i < 2_000; i++) {
			clock.run(100 * ms);
			const sample = scale.sample();
			if (sample !== undefined) all.push(sample.raw);
		}
		return all;
	};
	const first = readings();
	expect(first).toEqual(readings());
	const mean = first.reduce((sum, raw) => sum + raw, 0) / first.length;
	const deviation = Math.sqrt(first.reduce((sum, raw) => sum + (raw - mean) ** 2, 0) / first.length);
	expect(Math.abs(mean)).toBeLessThan(2);
	expect(Math.abs(deviation - 20)).toBeLessThan(1.5);
});

test("a reading takes less than 60 µs on the wire, and its clock is never high for a microsecond", () => {
	const { clock, board, open } = rig();
	const scale = open();
	clock.run(400 * ms);
	let longest = 0;
	let roseAt = 0;
	board.net(14).watch((level) => {
		if (level === 1) roseAt = clock.now;
		else longest = Math.max(longest, clock.now - roseAt);
	});
	const at = clock.now;
	scale.sample();
	expect(clock.now - at).toBeLessThan(60_000);
	expect(longest).toBeLessThan(1_000);
});

test("the example reads ten times a second", () => {
	const { clock, board, chip } = rig();
	chip.setInput(4_242);
	const readings: number[] = [];
	run(board, (raw) => readings.push(raw));
	clock.run(1_450 * ms);
	expect(readings).toEqual(new Array(11).fill(4_242));
});
