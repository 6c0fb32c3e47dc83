import { Board } from "@visionvend/hardware-sim/board/board";
import {
	HIDBarcodeReaderChip,
	type HIDBarcodeReaderChipOptions,
} from "@visionvend/hardware-sim/chips/hid-barcode-reader";
import { HIDPort } from "@visionvend/hardware-sim/chips/hid-port";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { type BarcodeReaderSample, HIDBarcodeReader } from "./hid-barcode-reader.ts";

const ms = 1e6;

function rig(options: Omit<HIDBarcodeReaderChipOptions, "clock" | "port"> = {}) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const port = new HIDPort(clock);
	const chip = new HIDBarcodeReaderChip({ clock, port, ...options });
	const reader = new HIDBarcodeReader({
		reader: { io: port.HID, vendorId: 0x0c2e, productId: 0x0b81 },
		timer: board.timer,
		mode: options.mode ?? "pos",
	});
	clock.run(ms);
	const all = () => {
		const samples: BarcodeReaderSample[] = [];
		for (let sample = reader.sample(); sample !== undefined; sample = reader.sample()) samples.push(sample);
		return samples;
	};
	return { clock, board, port, chip, reader, all };
}

test("a point of sale scanner gives any bytes of any length, with their AIM identifier", () => {
	const { clock, chip, all } = rig();
	fc.assert(
		fc.property(
			fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 300 }),
			fc.constantFrom("]E0", "]Q1", "]C1", "]d2"),
			(text, symbology) => {
				chip.scan(text, symbology);
				clock.run(1_000 * ms);
				expect(all()).toEqual([{ text, symbology }]);
			},
		),
		{ seed: 1, numRuns: 300 },
	);
});

test("a keyboard types every character of US ASCII, and the separator of GS1 codes", () => {
	const { clock, chip, all } = rig({ mode: "keyboard" });
	const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join("");
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(...printable, "\x1d"), minLength: 1, maxLength: 60 }), (text) => {
			chip.scan(text);
			clock.run(1_000 * ms);
			expect(all()).toEqual([{ text }]);
		}),
		{ seed: 1, numRuns: 200 },
	);
});

test("a code ends with Enter or Tab", () => {
	for (const terminator of ["enter", "tab"] as const) {
		const { clock, chip, all } = rig({ mode: "keyboard", terminator });
		chip.scan("4006381333931");
		clock.run(100 * ms);
		expect(all()).toEqual([{ text: "4006381333931" }]);
	}
});

test("two codes in a row are two codes; the same key twice is two characters", () => {
	const { clock, chip, all } = rig({ mode: "keyboard" });
	chip.scan("11");
	chip.scan("2");
	clock.run(1_000 * ms);
	expect(all()).toEqual([{ text: "11" }, { text: "2" }]);
});

test("a code without an end is given up after the time limit, and told to be incomplete", () => {
	const { clock, chip, reader, all } = rig({ mode: "keyboard", terminator: "none" });
	chip.scan("123");
	clock.run(150 * ms);
	expect(all()).toEqual([]);
	clock.run(100 * ms);
	expect(all()).toEqual([{ text: "123", faults: { incomplete: true } }]);
	reader.configure({ timeoutMs: 20 });
	chip.scan("45");
	clock.run(50 * ms);
	expect(all()).toEqual([{ text: "45", faults: { incomplete: true } }]);
});

test("a person who types slowly makes no codes", () => {
	const { clock, chip, all } = rig({ mode: "keyboard", reportMs: 150 });
	chip.scan("12");
	clock.run(2_000 * ms);
	expect(all().every(({ faults }) => faults?.incomplete === true)).toBe(true);
});

test("a reader for another layout types other characters: its configuration has to be US", () => {
	const { clock, chip, all } = rig({ mode: "keyboard", layout: "german" });
	chip.scan("ZY-1");
	clock.run(1_000 * ms);
	expect(all()).toEqual([{ text: "YZ/1" }]);
});

test("a lost report: never a code that says it is whole, unless a key's own report was lost", () => {
	const { clock, chip, all } = rig();
	chip.drop(2);
	chip.scan("x".repeat(100));
	clock.run(1_000 * ms);
	expect(all()).toEqual([{ text: "x".repeat(56), symbology: "]Q1", faults: { incomplete: true } }]);
});

test("unplugged in the middle of a code it is incomplete; plugged in again it reads", () => {
	const { clock, chip, reader, all } = rig({ mode: "keyboard" });
	chip.scan("4006381333931");
	clock.run(10 * ms);
	chip.unplug();
	clock.run(10 * ms);
	const samples = all();
	expect(samples).toHaveLength(2);
	expect(samples[0]?.faults).toEqual({ incomplete: true });
	expect(samples[1]).toEqual({ text: "", faults: { disconnected: true } });
	expect(reader.connected).toBe(false);
	chip.plug();
	clock.run(10 * ms);
	expect(reader.connected).toBe(true);
	chip.scan("7");
	clock.run(100 * ms);
	expect(all()).toEqual([{ text: "7" }]);
});

test("eight codes wait; when more come the oldest gives way, and that is told", () => {
	const { clock, chip, all } = rig();
	for (let i = 0; i < 10; i++) chip.scan(String(i));
	clock.run(1_000 * ms);
	const samples = all();
	expect(samples.map(({ text }) => text)).toEqual(["2", "3", "4", "5", "6", "7", "8", "9"]);
	expect(samples[0]?.faults).toEqual({ overrun: true });
});

test("reports that are none of a scanner's, and keys that type nothing, do no harm", () => {
	for (const mode of ["pos", "keyboard"] as const) {
		const { clock, port, chip, all } = rig({ mode });
		chip.unplug();
		clock.run(ms);
		all();
		const identity = { vendorId: 0x0c2e, productId: 0x0b81, usage: mode === "pos" ? 2 : 6 };
		const plug = port.plug({ ...identity, usagePage: mode === "pos" ? 0x8c : 1 });
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 70 }), (report) => {
				plug.send(report);
				clock.run(ms);
				for (const { text } of all()) expect(text.length).toBeLessThanOrEqual(4_096);
			}),
			{ seed: 1, numRuns: 1_000 },
		);
	}
});

test("a keyboard has to be named; bad options throw, close twice is fine, and then everything throws", () => {
	const { board, port } = rig();
	const { timer } = board;
	for (const bad of [
		{},
		{ reader: { io: port.HID } },
		{ reader: { io: port.HID }, timer, mode: "keyboard" },
		{ reader: { io: port.HID }, timer, mode: "wedge" },
		{ reader: { io: port.HID }, timer, timeoutMs: 1 },
		{ reader: { io: port.HID }, timer, onSample: 1 },
	])
		expect(() => Reflect.construct(HIDBarcodeReader, [bad])).toThrow();
	const reader = new HIDBarcodeReader(Object.freeze({ reader: Object.freeze({ io: port.HID }), timer }));
	expect(reader.configuration).toEqual({ mode: "pos", timeoutMs: 200 });
	expect(reader.identification.classification).toBe("Barcode");
	reader.close();
	reader.close();
	expect(() => reader.sample()).toThrow(/closed/);
	expect(() => reader.configure({})).toThrow(/closed/);
});

test("the example hears every code", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const port = new HIDPort(clock);
	const chip = new HIDBarcodeReaderChip({ clock, port });
	const codes: unknown[] = [];
	run({ io: { HID: port.HID }, timer: board.timer }, (text, symbology) => codes.push([text, symbology]));
	clock.run(ms);
	chip.scan("https://example.org/m/7");
	chip.scan("4006381333931", "]E0");
	clock.run(1_000 * ms);
	expect(codes).toEqual([
		["https://example.org/m/7", "]Q1"],
		["4006381333931", "]E0"],
	]);
});

test("an onSample that closes the reader is called no more, whatever was still to come", () => {
	for (const mode of ["pos", "keyboard"] as const) {
		const clock = new SimulationClock();
		const board = new Board({ clock });
		const port = new HIDPort(clock);
		const chip = new HIDBarcodeReaderChip({ clock, port, mode });
		let calls = 0;
		const reader = new HIDBarcodeReader({
			reader: { io: port.HID, vendorId: 0x0c2e, productId: 0x0b81 },
			timer: board.timer,
			mode,
			onSample() {
				calls++;
				this.close();
			},
		});
		clock.run(ms);
		// In the middle of a code: first the code is given up, then the reader is gone.
		chip.scan("x".repeat(100));
		clock.run(3 * ms);
		chip.unplug();
		clock.run(1_000 * ms);
		expect(calls).toBe(1);
		expect(() => reader.sample()).toThrow("closed");
	}
});

test("the keys that come in the same report as the end of a code are nobody's after close", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const port = new HIDPort(clock);
	let calls = 0;
	new HIDBarcodeReader({
		reader: { io: port.HID, vendorId: 1, productId: 2 },
		timer: board.timer,
		mode: "keyboard",
		onSample() {
			calls++;
			this.close();
		},
	});
	const plug = port.plug({ vendorId: 1, productId: 2, usagePage: 0x01, usage: 0x06 });
	clock.run(ms);
	plug.send(Uint8Array.of(0, 0, 0x04, 0, 0, 0, 0, 0)); // a
	plug.send(Uint8Array.of(0, 0, 0x28, 0x05, 0, 0, 0, 0)); // Enter, and b
	clock.run(1_000 * ms);
	expect(calls).toBe(1);
});
