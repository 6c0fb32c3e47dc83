import { Board } from "@visionvend/hardware-sim/board/board";
import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DS18B20, type DS18B20Options, type DS18B20Resolution } from "./ds18b20.ts";
import { run } from "./example.ts";

const ms = 1e6;

function rig(options: { readonly sensors?: number } = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const bus = board.net(41);
	board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus }));
	const chips: DS18B20Chip[] = [];
	for (let i = 0; i < (options.sensors ?? 1); i++)
		chips.push(new DS18B20Chip({ clock, bus, serialNumber: 1_000_003 * (i + 1) }));
	const chip = chips[0] as DS18B20Chip;
	const open = (more: Partial<DS18B20Options> = {}) =>
		new DS18B20({ bus: { io: board.io.Serial, receive: 41, transmit: 40 }, timer: board.timer, ...more });
	return { clock, board, bus, chips, chip, open };
}

test("the first reading is there within a second, and it is the temperature to a sixteenth of a degree", () => {
	const { clock, chip, open } = rig();
	chip.setCelsius(4.3);
	const sensor = open();
	expect(sensor.sample()).toBeUndefined();
	clock.run(800 * ms);
	expect(sensor.sample()).toBeUndefined();
	clock.run(200 * ms);
	expect(sensor.sample()).toEqual({ temperature: 4.3125 });
	expect(sensor.rom).toBe(chip.romText);
	expect([chip.timingErrors, chip.unknownCommands]).toEqual([0, []]);
});

test("every temperature of the range comes through at every resolution, signs included", () => {
	const { clock, chip, open } = rig();
	const sensor = open({ periodMs: 1_000 });
	fc.assert(
		fc.property(
			fc.integer({ min: -55 * 16, max: 125 * 16 }),
			fc.constantFrom<DS18B20Resolution>(9, 10, 11, 12),
			(sixteenths, resolution) => {
				chip.setCelsius(sixteenths / 16);
				sensor.configure({ resolution });
				clock.run(2_500 * ms);
				const step = 2 ** (12 - resolution) / 16;
				expect(Math.abs((sensor.sample()?.temperature ?? Number.NaN) - sixteenths / 16)).toBeLessThanOrEqual(step / 2);
			},
		),
		{ seed: 1, numRuns: 60, examples: [[85 * 16, 12]] },
	);
	expect(chip.timingErrors).toBe(0);
});

test("the master's pulses are what the datasheet asks for: reset 521 µs, write 1 and read 9 µs, write 0 78 µs", () => {
	const { clock, bus, board } = rig({ sensors: 0 });
	const lone = new DS18B20Chip({ clock, bus });
	const lows = new Set<number>();
	let fellAt = 0;
	bus.watch((level) => {
		if (level === 0) fellAt = clock.now;
		else lows.add(Math.round((clock.now - fellAt) / 1_000));
	});
	const readings: (number | undefined)[] = [];
	run(board, (celsius) => readings.push(celsius));
	clock.run(10_000 * ms);
	// 120 is the presence pulse, 30 a zero that the sensor sends.
	expect([...lows].sort((a, b) => a - b)).toEqual([9, 30, 78, 120, 521]);
	expect(readings).toEqual([20, 20]);
	expect(lone.conversions).toBe(2);
});

test("85 °C of a part that lost its power within the conversion is no temperature; 85 °C of a hot part is one", () => {
	const { clock, chip, open } = rig();
	chip.setCelsius(4);
	const sensor = open({ periodMs: 1_000, failures: 2 });
	clock.run(1_200 * ms);
	expect(sensor.sample()).toEqual({ temperature: 4 });
	const seen: unknown[] = [];
	for (let i = 0; i < 60; i++) {
		clock.run(500 * ms);
		if (chip.converting && i % 12 === 0) chip.brownOut();
		seen.push(sensor.sample());
	}
	for (const sample of seen) expect(sample).toEqual({ temperature: 4 });
	chip.setCelsius(85);
	clock.run(4_000 * ms);
	expect(sensor.sample()).toEqual({ temperature: 85 });
});

test("a sensor that is gone is told after three failures, and back it reads again", () => {
	const { clock, chip, open } = rig();
	const sensor = open();
	clock.run(2_000 * ms);
	chip.setConnected(false);
	clock.run(4_500 * ms);
	expect(sensor.sample()).toEqual({ temperature: 20 });
	clock.run(2_500 * ms);
	expect(sensor.sample()).toEqual({ faults: { absent: true } });
	chip.setConnected(true);
	chip.setCelsius(7);
	clock.run(2_500 * ms);
	expect(sensor.sample()).toEqual({ temperature: 7 });
});

test("a bus that is shorted to ground is told, and free again it reads", () => {
	for (const at of [0, 300, 900, 1_500]) {
		const { clock, chip, open } = rig();
		const sensor = open();
		clock.run(at * ms);
		chip.setShorted(true);
		clock.run(9_000 * ms);
		expect(sensor.sample()).toEqual({ faults: { shorted: true } });
		chip.setShorted(false);
		clock.run(2_500 * ms);
		expect(sensor.sample()).toEqual({ temperature: 20 });
	}
});

test("a wrong CRC is never a temperature", () => {
	const { clock, chip, open } = rig();
	chip.breakCrc = true;
	const sensor = open();
	for (let i = 0; i < 100; i++) {
		clock.run(100 * ms);
		expect(sensor.sample()?.temperature).toBeUndefined();
	}
	expect(sensor.sample()).toEqual({ faults: { crc: true } });
	chip.breakCrc = false;
	clock.run(2_500 * ms);
	expect(sensor.sample()).toEqual({ temperature: 20 });
});

test("one flipped bit anywhere in what the sensor sends never makes another temperature", () => {
	// 64 bits of ROM code, 8 of "I convert", 72 of scratchpad.
	for (let bit = 1; bit <= 64 + 8 + 72; bit++) {
		const { clock, chip, open } = rig();
		chip.setCelsius(3.5);
		const sensor = open({ failures: 10 });
		chip.flipBit(bit);
		const told: unknown[] = [];
		for (let i = 0; i < 30; i++) {
			clock.run(100 * ms);
			const sample = sensor.sample();
			if (sample !== undefined) told.push(sample.temperature);
		}
		expect(new Set(told), `bit ${bit}`).toEqual(new Set([3.5]));
	}
});

test("a sensor that does not clearly say that it converts is not believed: the reading is tried again", () => {
	for (let bit = 64 + 1; bit <= 64 + 8; bit++) {
		const { clock, chip, open } = rig();
		const sensor = open();
		chip.flipBit(bit);
		clock.run(1_000 * ms);
		expect(sensor.sample()).toBeUndefined();
		clock.run(1_000 * ms);
		expect([sensor.sample(), chip.conversions]).toEqual([{ temperature: 20 }, 2]);
	}
});

test("noise on the bus never makes a temperature that is not there, and never a hang", () => {
	const { clock, bus, chip, open } = rig();
	const random = new SeededRandom(9);
	chip.setCelsius(-18.5);
	const sensor = open({ periodMs: 1_000 });
	const noise = bus.attach();
	for (let i = 0; i < 3_000; i++) {
		clock.run(Math.floor(random.next() * 20 * ms));
		noise.drive(0);
		clock.run(Math.floor(random.next() * 200_000));
		noise.drive("Z");
		const temperature = sensor.sample()?.temperature;
		if (temperature !== undefined) expect(temperature).toBe(-18.5);
	}
	clock.run(10_000 * ms);
	expect(sensor.sample()).toEqual({ temperature: -18.5 });
});

test("of several sensors on a bus the one with the ROM code is read; without a code they disturb each other", () => {
	const { clock, chips, open } = rig({ sensors: 3 });
	chips.forEach((chip, index) => {
		chip.setCelsius(10 + index);
	});
	const sensor = open({ failures: 1, periodMs: 1_000 });
	clock.run(3_000 * ms);
	expect(sensor.sample()?.faults).toBeDefined();
	for (const [index, chip] of chips.entries()) {
		sensor.configure({ rom: chip.romText });
		expect(sensor.sample()).toBeUndefined();
		clock.run(1_500 * ms);
		expect(sensor.sample()).toEqual({ temperature: 10 + index });
	}
	chips[2]?.setConnected(false);
	clock.run(3_000 * ms);
	expect(sensor.sample()).toEqual({ faults: { absent: true } });
});

test("a part of another family is refused", () => {
	const { clock, chip, open } = rig();
	chip.rom[0] = 0x10; // DS18S20: same commands, another scale
	let crc = 0;
	for (const byte of chip.rom.subarray(0, 7)) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
	}
	chip.rom[7] = crc;
	const sensor = open({ failures: 1 });
	clock.run(1_000 * ms);
	expect(sensor.sample()).toEqual({ faults: { unexpected: true } });
});

test("without a UART on the wires the driver says so, and goes on trying", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const told: unknown[] = [];
	run(board, (celsius) => told.push(celsius));
	clock.run(60_000 * ms);
	expect(told.length).toBeGreaterThan(20);
	expect(new Set(told)).toEqual(new Set([undefined]));
});

test("a rom that is no ROM code of a DS18B20 is refused, with the reason", () => {
	const { chip, open, board } = rig();
	for (const rom of ["", "28", "zz00000000000000", "1000000000000000", chip.romText.replace(/.$/, "x")])
		expect(() => open({ rom })).toThrow(/DS18B20: /);
	const wrong = chip.romText.slice(0, -2) + (chip.romText.endsWith("00") ? "01" : "00");
	expect(() => open({ rom: wrong })).toThrow(/ends with its CRC/);
	new board.io.Serial({ receive: 41, transmit: 40, baud: 9_600 }).close();
});

test("after close nothing moves on the bus, whatever it was doing", () => {
	for (let at = 0; at < 1_000; at += 7) {
		const { clock, bus, open } = rig();
		const sensor = open({
			onSample() {
				throw new Error("told after close");
			},
		});
		clock.run(at * ms * 0.8);
		sensor.close();
		clock.run(30 * ms);
		let edges = 0;
		bus.watch(() => edges++);
		clock.run(5_000 * ms);
		expect(edges).toBe(0);
	}
});

test("a power cut of the board in the middle of a slot lets go of the bus", () => {
	const { clock, board, bus, open } = rig();
	open();
	clock.run(0.3 * ms);
	expect(bus.level).toBe(0);
	board.reset();
	clock.run(1 * ms);
	expect(bus.level).toBe(1);
	const sensor = open();
	clock.run(1_000 * ms);
	expect(sensor.sample()).toEqual({ temperature: 20 });
});

test("another resolution at any moment of a reading is no failed reading", () => {
	for (let at = 0; at < 1_100; at += 7) {
		const { clock, chip, open } = rig();
		chip.setCelsius(4.5);
		const faults: unknown[] = [];
		const sensor = open({
			failures: 1,
			onSample() {
				const sample = this.sample();
				if (sample?.faults !== undefined) faults.push(sample.faults);
			},
		});
		clock.run(at * ms);
		sensor.configure({ resolution: 9 });
		clock.run(3_000 * ms);
		expect(faults).toEqual([]);
		expect(sensor.sample()).toEqual({ temperature: 4.5 });
		expect(chip.unknownCommands).toEqual([]);
	}
});
