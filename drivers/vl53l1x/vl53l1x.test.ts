import { Board } from "@visionvend/hardware-sim/board/board";
import { VL53L1XChip } from "@visionvend/hardware-sim/chips/vl53l1x";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { VL53L1X, type VL53L1XOptions, type VL53L1XSample } from "./vl53l1x.ts";

const ms = 1e6;
const pins = { data: 10, clock: 11 };

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new VL53L1XChip({ clock, bus: board, pins, shutdown: board.net(2), interrupt: board.net(48) });
	board.net(48).pull(1);
	const { Digital, I2C } = board.io;
	const open = (address = 0x29, more: Partial<VL53L1XOptions> = {}) =>
		new VL53L1X({ sensor: { io: I2C, ...pins, address }, enable: { io: Digital, pin: 2 }, ...more });
	/** Without XSHUT: the pin is tied high. */
	const openBare = (address = 0x29) => {
		board.net(2).pull(1);
		return new VL53L1X({ sensor: { io: I2C, ...pins, address } });
	};
	return { clock, board, chip, open, openBare };
}

/** Samples every 10 ms for as long as it takes, a second at most. Errors count as nothing. */
function next(sensor: VL53L1X, clock: SimulationClock): VL53L1XSample | undefined {
	for (let tries = 0; tries < 100; tries++) {
		clock.run(10 * ms);
		const sample = sensor.sample();
		if (sample !== undefined) return sample;
	}
	return undefined;
}

test("the set-up uses registers that the part has, and the laser measures from then on", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	expect(chip.ranging).toBe(true);
	chip.setDistance(500);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 50 });
	expect(chip.unknownCommands).toEqual([]);
	expect(chip.ranging).toBe(true);
});

test("distance is in centimetres, to the millimetre, and near up to the limit", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	sensor.configure({ nearCentimetres: 45.5, intervalMs: 33 });
	fc.assert(
		fc.property(fc.integer({ min: 10, max: 1_200 }), (millimetres) => {
			chip.setDistance(millimetres);
			clock.run(100 * ms);
			sensor.sample();
			expect(next(sensor, clock)).toEqual({ near: millimetres <= 455, distance: millimetres / 10 });
		}),
		{ seed: 1, numRuns: 50 },
	);
});

test("range status codes come as faults, without a distance and never near", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	const seen = () => {
		clock.run(200 * ms);
		sensor.sample();
		return next(sensor, clock);
	};
	chip.setDistance(300);
	clock.run(20 * ms);
	sensor.sample();
	expect(seen()).toEqual({ near: true, distance: 30 });
	chip.setDistance(undefined);
	expect(seen()).toEqual({ near: false, distance: null, faults: { weakSignal: true } });
	chip.setAmbient(50_000);
	expect(seen()).toEqual({ near: false, distance: null, faults: { ambient: true } });
	chip.setDistance(800);
	expect(seen()).toEqual({ near: false, distance: 80 });
	chip.setAmbient(0);
	chip.setCover(0.6);
	expect(seen()).toEqual({ near: false, distance: null, faults: { crosstalk: true } });
	chip.setCover(0);
	chip.breakLaser();
	expect(seen()).toEqual({ near: false, distance: null, faults: { hardware: true } });
});

test("every status code of the maker's list has its meaning, and no code is taken for a distance but the good ones", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	sensor.configure({ intervalMs: 33 });
	chip.setDistance(100);
	next(sensor, clock);
	const meanings: Record<string, number[]> = {};
	for (let status = 0; status < 32; status++) {
		chip.force(status);
		clock.run(100 * ms);
		sensor.sample();
		clock.run(40 * ms);
		const sample = sensor.sample();
		let meaning = "nothing";
		if (sample !== undefined)
			meaning = sample.faults === undefined ? String(sample.distance) : Object.keys(sample.faults).join();
		meanings[meaning] = [...(meanings[meaning] ?? []), status];
	}
	expect(meanings).toEqual({
		10: [9, 19, 22],
		weakSignal: [4, 21],
		outOfRange: [5, 7, 10, 11, 20],
		ambient: [6],
		crosstalk: [8, 12],
		nothing: [18],
		hardware: [0, 1, 2, 3, 13, 14, 15, 16, 17, 23, 24, 25, 26, 27, 28, 29, 30, 31],
	});
});

test("a measurement takes no longer than the budget and comes once an interval", () => {
	for (const range of ["short", "long"] as const)
		for (const budgetMs of [15, 20, 33, 50, 100, 200, 500]) {
			if (range === "long" && budgetMs === 15) continue;
			const { clock, chip, open } = rig();
			const sensor = open();
			sensor.configure({ range, budgetMs, intervalMs: 500 });
			chip.setDistance(100);
			next(sensor, clock);
			expect(chip.measurementMs).toBeLessThanOrEqual(budgetMs);
			expect(chip.measurementMs).toBeGreaterThan(budgetMs * 0.4);
			const before = chip.measurements;
			clock.run(20_100 * ms);
			expect(chip.measurements - before).toBe(40);
			expect(sensor.configuration).toEqual({ range, budgetMs, intervalMs: 500, nearCentimetres: 60 });
		}
});

test("the long range sees farther in the dark, the short one in daylight", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	const seen = (range: "short" | "long", lux: number) => {
		sensor.configure({ range });
		chip.setAmbient(lux);
		clock.run(200 * ms);
		sensor.sample();
		return next(sensor, clock)?.distance;
	};
	chip.setDistance(3_000);
	expect([seen("short", 0), seen("long", 0)]).toEqual([null, 300]);
	chip.setDistance(1_000);
	expect([seen("short", 20_000), seen("long", 20_000)]).toEqual([100, null]);
});

test("sample costs less than a millisecond of bus and never waits", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	sensor.configure({ intervalMs: 40 });
	chip.setDistance(100);
	for (let i = 0; i < 200; i++) {
		clock.run(5 * ms);
		const at = clock.now;
		const sample = sensor.sample();
		// The one call that starts to measure writes seven times.
		expect(clock.now - at).toBeLessThan(sample === undefined && i < 30 ? 1.5 * ms : 0.9 * ms);
	}
});

test("another address is taken at once, and after a power cut again", () => {
	const { clock, chip, open } = rig();
	const sensor = open(0x30);
	expect(chip.address).toBe(0x30);
	chip.setDistance(250);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 25 });
	sensor.configure({ intervalMs: 60, nearCentimetres: 20 });
	chip.power(false);
	clock.run(100 * ms);
	expect(() => sensor.sample()).toThrow(/0x30/);
	clock.run(100 * ms);
	expect(sensor.sample()).toBeUndefined();
	chip.power(true);
	expect(next(sensor, clock)).toEqual({ near: false, distance: 25 });
	expect(chip.address).toBe(0x30);
	const before = chip.measurements;
	clock.run(6_000 * ms);
	expect(chip.measurements - before).toBe(100);
	expect(chip.unknownCommands).toEqual([]);
});

test("a dip of the supply at the power-up address is noticed by the lost settings", () => {
	for (const bare of [false, true]) {
		const { clock, chip, open, openBare } = rig();
		const sensor = bare ? openBare() : open();
		chip.setDistance(250);
		next(sensor, clock);
		chip.power(false);
		chip.power(true);
		clock.run(10 * ms);
		expect(() => sensor.sample()).toThrow(/VL53L1X at 0x29 has lost its settings.*3\.3 V/);
		expect(next(sensor, clock)).toEqual({ near: true, distance: 25 });
		expect(chip.unknownCommands).toEqual([]);
	}
});

test("without XSHUT a sensor is found at its own address after a restart of the controller, and at 0x29 after a power cut", () => {
	const { board, clock, chip, openBare } = rig();
	openBare(0x31);
	board.reset();
	const sensor = openBare(0x31);
	expect(chip.address).toBe(0x31);
	chip.setDistance(400);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 40 });
	chip.power(false);
	chip.power(true);
	clock.run(10 * ms);
	expect(() => sensor.sample()).toThrow(/0x31/);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 40 });
	expect(chip.address).toBe(0x31);
});

test("two sensors share the bus, and both come back after a common power cut", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const shutdowns = [2, 48];
	const chips = shutdowns.map((pin) => new VL53L1XChip({ clock, bus: board, pins, shutdown: board.net(pin) }));
	const sensors = shutdowns.map(
		(pin, index) =>
			new VL53L1X({
				sensor: { io: board.io.I2C, ...pins, address: 0x30 + index },
				enable: { io: board.io.Digital, pin },
			}),
	);
	const measure = () => {
		const distances: (number | null | undefined)[] = [];
		for (let i = 0; i < 60; i++) {
			clock.run(10 * ms);
			sensors.forEach((sensor, index) => {
				const sample = sensor.sample();
				if (sample !== undefined) distances[index] = sample.distance;
			});
		}
		return distances;
	};
	for (const [index, chip] of chips.entries()) chip.setDistance(100 * (index + 1));
	expect(measure()).toEqual([10, 20]);
	for (const chip of chips) chip.power(false);
	for (const sensor of sensors) expect(() => sensor.sample()).toThrow(/no part answers/);
	for (const chip of chips) chip.power(true);
	for (const [index, chip] of chips.entries()) chip.setDistance(300 * (index + 1));
	expect(measure()).toEqual([30, 60]);
	expect(chips.map((chip) => chip.address)).toEqual([0x30, 0x31]);
	expect(chips.flatMap((chip) => chip.unknownCommands)).toEqual([]);
});

test("a part that refuses once and hangs comes back through XSHUT; without XSHUT every sample says so", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	next(sensor, clock);
	chip.refuse(1, { thenHang: true });
	expect(() => sensor.sample()).toThrow(/no part answers at 0x29/);
	chip.setDistance(150);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 15 });

	const bare = rig();
	const other = bare.openBare();
	next(other, bare.clock);
	bare.chip.refuse(1, { thenHang: true });
	let errors = 0;
	for (let i = 0; i < 1_000; i++) {
		const before = bare.chip.transactions;
		try {
			expect(other.sample()).toBeUndefined();
		} catch {
			errors++;
		}
		expect(bare.chip.transactions - before).toBeLessThanOrEqual(1);
	}
	expect(errors).toBeGreaterThanOrEqual(4);
});

test("a measurement that never ends is given up after a bounded number of bus transactions, and the part is reset", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	sensor.configure({ budgetMs: 20, intervalMs: 20 });
	chip.setDistance(100);
	next(sensor, clock);
	sensor.sample();
	chip.stick();
	const before = chip.transactions;
	const at = clock.now;
	let message = "";
	for (let calls = 0; message === "" && calls < 100_000; calls++) {
		try {
			sensor.sample();
		} catch (error) {
			message = String(error);
		}
	}
	expect(message).toMatch(/VL53L1X at 0x29 did not finish a measurement within 320 reads/);
	expect(chip.transactions - before).toBeLessThan(4 * 321);
	// In a tight loop it has still waited for longer than a measurement takes.
	expect(clock.now - at).toBeGreaterThan(40 * ms);
	chip.stick(false);
	expect(next(sensor, clock)).toEqual({ near: true, distance: 10 });
});

test("a part that is dead in the constructor costs a bounded number of transactions and lets go of everything", () => {
	for (const kill of [
		(chip: VL53L1XChip) => chip.refuse(1_000_000),
		(chip: VL53L1XChip) => chip.stick(),
		(chip: VL53L1XChip) => chip.refuse(60, { thenHang: true }),
	]) {
		const { board, chip, open } = rig();
		kill(chip);
		expect(() => open()).toThrow(/0x29/);
		expect(chip.transactions).toBeLessThan(1_000);
		for (const pin of [2, 10, 11]) new board.io.Digital({ pin, mode: board.io.Digital.Input }).close();
	}
});

test("a part of another kind is refused by name", () => {
	const { board, openBare } = rig();
	board.net(2).pull(0);
	board.attachI2C(pins, 0x30, {
		start: () => true,
		write: () => true,
		read: () => 0xee,
		stop: () => undefined,
	});
	expect(() => openBare(0x30)).toThrow(/the part at 0x30 is another one \(its id is 0xEE 0xEE/);
});

test("GPIO1 rises for every measurement, and onSample fetches them all", () => {
	const { board, clock, chip, open } = rig();
	const distances: (number | null)[] = [];
	open(0x29, {
		interrupt: { io: board.io.Digital, pin: 48 },
		onSample() {
			const sample = this.sample();
			if (sample !== undefined) distances.push(sample.distance);
		},
	});
	chip.setDistance(700);
	clock.run(1_000 * ms);
	expect(distances.length).toBeGreaterThanOrEqual(9);
	expect(new Set(distances)).toEqual(new Set([70]));
	expect(chip.overwritten).toBe(0);
});

test("GPIO1 rises when the part loses its supply, so that a program that waits for it is told", () => {
	const { board, clock, chip, open } = rig();
	const errors: string[] = [];
	open(0x29, {
		interrupt: { io: board.io.Digital, pin: 48 },
		onSample() {
			try {
				this.sample();
			} catch (error) {
				errors.push(String(error));
			}
		},
	});
	clock.run(500 * ms);
	chip.power(false);
	clock.run(500 * ms);
	expect(errors).toHaveLength(1);
	expect(errors[0]).toMatch(/0x29/);
});

test("bad values are refused and change nothing", () => {
	const { open } = rig();
	const sensor = open();
	for (const bad of [
		{ budgetMs: 19 },
		{ budgetMs: 201 },
		{ budgetMs: 150 },
		{ intervalMs: 32 },
		{ nearCentimetres: 0 },
	])
		expect(() => sensor.configure(bad)).toThrow(RangeError);
	expect(sensor.configuration).toEqual({ range: "short", budgetMs: 33, intervalMs: 100, nearCentimetres: 60 });
	expect(() => open(0x78)).toThrow(/address is an integer from 0x08 to 0x77/);
});

test("close puts the laser out, with XSHUT and without", () => {
	const { chip, open } = rig();
	open().close();
	expect(chip.address).toBeUndefined();
	const bare = rig();
	const sensor = bare.openBare();
	next(sensor, bare.clock);
	expect(bare.chip.ranging).toBe(true);
	sensor.close();
	expect(bare.chip.ranging).toBe(false);
});

test("the example tells who comes and goes, and keeps still in sunlight", () => {
	const { clock, board, chip } = rig();
	const changes: string[] = [];
	run(board, (isSomebodyThere) => changes.push(`${isSomebodyThere} ${Math.floor(clock.now / 1e9)}`));
	clock.run(1_000 * ms);
	chip.setDistance(600);
	clock.run(2_000 * ms);
	chip.setAmbient(80_000);
	clock.run(2_000 * ms);
	chip.setAmbient(0);
	chip.setDistance(undefined);
	clock.run(1_000 * ms);
	expect(changes).toEqual(["true 1", "false 5"]);
});
