import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { DS18B20Chip } from "./ds18b20.ts";

const us = 1_000;
const ms = 1_000_000;

/** A bus master that bit-bangs: the model is looked at without the UART and without the driver. */
function rig(sensors = 1) {
	const clock = new SimulationClock();
	const bus = new Net("1-Wire", clock);
	bus.pull(1);
	const chips: DS18B20Chip[] = [];
	for (let i = 0; i < sensors; i++) chips.push(new DS18B20Chip({ clock, bus, serialNumber: 77 * (i + 1) }));
	const chip = chips[0] as DS18B20Chip;
	const master = bus.attach();
	const low = (ns: number): void => {
		master.drive(0);
		clock.run(ns);
		master.drive("Z");
	};
	const reset = (lowNs = 500 * us): boolean => {
		low(lowNs);
		clock.run(70 * us);
		const present = bus.level === 0;
		clock.run(430 * us);
		return present;
	};
	const write = (...bytes: number[]): void => {
		for (const byte of bytes)
			for (let bit = 0; bit < 8; bit++) {
				const isOne = ((byte >> bit) & 1) === 1;
				low((isOne ? 6 : 65) * us);
				clock.run((isOne ? 64 : 10) * us);
			}
	};
	const readBit = (): number => {
		low(2 * us);
		clock.run(12 * us);
		const level = bus.level;
		clock.run(56 * us);
		return level;
	};
	const read = (count: number): number[] =>
		Array.from({ length: count }, () => {
			let byte = 0;
			for (let bit = 0; bit < 8; bit++) byte |= readBit() << bit;
			return byte;
		});
	return { clock, bus, chip, chips, low, reset, write, read, readBit };
}

test("at power-on the scratchpad says 85 °C, and its CRC is right", () => {
	const { reset, write, read } = rig();
	expect(reset()).toBe(true);
	write(0xcc, 0xbe);
	expect(read(9)).toEqual([0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10, 0x1c]);
});

test("datasheet examples of temperature come out as in the datasheet", () => {
	const { clock, chip, reset, write, read } = rig();
	const examples: [number, number][] = [
		[125, 0x07d0],
		[25.0625, 0x0191],
		[10.125, 0x00a2],
		[0, 0],
		[-0.5, 0xfff8],
		[-10.125, 0xff5e],
		[-55, 0xfc90],
	];
	for (const [celsius, raw] of examples) {
		chip.setCelsius(celsius);
		reset();
		write(0xcc, 0x44);
		clock.run(750 * ms);
		reset();
		write(0xcc, 0xbe);
		const [low = 0, high = 0] = read(2);
		expect(low | (high << 8)).toBe(raw);
	}
});

test("a low shorter than 480 µs is no reset, and a low between a one and a zero is no slot", () => {
	const { chip, low, clock, reset, write, read } = rig();
	expect(reset(400 * us)).toBe(false);
	expect(reset()).toBe(true);
	low(30 * us);
	clock.run(60 * us);
	write(0xcc, 0xbe);
	expect([chip.timingErrors, read(1)]).toEqual([1, [0xff]]);
});

test("the conversion takes as long as its resolution, and the read slots tell when it is over", () => {
	for (const [configuration, longestMs] of [
		[0x1f, 94],
		[0x3f, 188],
		[0x5f, 375],
		[0x7f, 750],
	] as const) {
		const { clock, reset, write, readBit } = rig();
		reset();
		write(0xcc, 0x4e, 1, 2, configuration);
		reset();
		write(0xcc, 0x44);
		const at = clock.now;
		while (readBit() === 0) clock.run(ms);
		expect((clock.now - at) / ms).toBeGreaterThan(longestMs / 2);
		expect((clock.now - at) / ms).toBeLessThan(longestMs);
	}
});

test("a part whose power went forgets the scratchpad, but not what was copied to the EEPROM", () => {
	const { chip, reset, write, read } = rig();
	reset();
	write(0xcc, 0x4e, 11, 22, 0x3f);
	reset();
	write(0xcc, 0x48);
	reset();
	write(0xcc, 0x4e, 33, 44, 0x7f);
	chip.brownOut();
	reset();
	write(0xcc, 0xbe);
	expect(read(5)).toEqual([0x50, 0x05, 11, 22, 0x3f]);
});

test("Search ROM finds every sensor on the bus", () => {
	const { clock, chips, low, reset, write, readBit } = rig(5);
	const found: string[] = [];
	let lastChoice = -1;
	let rom = new Uint8Array(8);
	do {
		reset();
		write(0xf0);
		const next = new Uint8Array(8);
		let lastZero = -1;
		for (let bit = 0; bit < 64; bit++) {
			const isOne = readBit() === 1;
			const isZero = readBit() === 1;
			expect(isOne && isZero, "nobody answered").toBe(false);
			let choice = isOne ? 1 : 0;
			if (!isOne && !isZero) {
				const before = ((rom[bit >> 3] ?? 0) >> (bit & 7)) & 1;
				choice = bit < lastChoice ? before : bit === lastChoice ? 1 : 0;
				if (choice === 0) lastZero = bit;
			}
			next[bit >> 3] = (next[bit >> 3] ?? 0) | (choice << (bit & 7));
			write1(choice);
		}
		lastChoice = lastZero;
		rom = next;
		found.push([...rom].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
	} while (lastChoice >= 0);
	expect(found.sort()).toEqual(chips.map((chip) => chip.romText).sort());

	function write1(bit: number): void {
		if (bit === 1) readBit();
		else writeZero();
	}
	function writeZero(): void {
		low(65 * us);
		clock.run(10 * us);
	}
});

test("a command that the model does not know is recorded by its number", () => {
	const { chip, reset, write, read } = rig();
	reset();
	write(0xec);
	reset();
	write(0xcc, 0x99);
	expect(read(1)).toEqual([0xff]);
	expect(chip.unknownCommands).toEqual(["0xec", "0x99"]);
});

test("unplugged it is silent; shorted the bus stays low; without power it does not pull", () => {
	const { clock, bus, chip, reset } = rig();
	chip.setConnected(false);
	expect(reset()).toBe(false);
	chip.setConnected(true);
	expect(reset()).toBe(true);
	chip.power(false);
	expect(reset()).toBe(false);
	chip.power(true);
	chip.setShorted(true);
	clock.run(ms);
	expect(bus.level).toBe(0);
});
