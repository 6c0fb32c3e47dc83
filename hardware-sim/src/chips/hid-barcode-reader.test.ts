import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { HIDBarcodeReaderChip } from "./hid-barcode-reader.ts";
import { HIDPort } from "./hid-port.ts";

function rig(mode: "pos" | "keyboard") {
	const clock = new SimulationClock();
	const port = new HIDPort(clock);
	const chip = new HIDBarcodeReaderChip({ clock, port, mode });
	const reports: { atMs: number; bytes: number[] }[] = [];
	new port.HID({
		usagePage: mode === "pos" ? 0x8c : 1,
		onReport: (report) => reports.push({ atMs: clock.now / 1e6, bytes: [...report] }),
	});
	return { clock, chip, reports };
}

test("a code of 60 bytes is two reports, the first with the flag that more follows", () => {
	const { clock, chip, reports } = rig("pos");
	chip.scan("x".repeat(60), "]Q0");
	clock.run(1e9);
	expect(reports.map(({ bytes }) => bytes.slice(0, 6))).toEqual([
		[2, 56, 0x5d, 0x51, 0x30, 0x78],
		[2, 4, 0x5d, 0x51, 0x30, 0x78],
	]);
	expect(reports.map(({ bytes }) => [bytes.length, bytes[9], bytes[63]])).toEqual([
		[64, 0x78, 1],
		[64, 0, 0],
	]);
});

test("a keyboard presses and lets go of every key, two milliseconds apart, with shift where it is needed", () => {
	const { clock, chip, reports } = rig("keyboard");
	chip.scan("aB");
	clock.run(1e9);
	expect(reports.map(({ bytes }) => bytes)).toEqual([
		[0, 0, 0x04, 0, 0, 0, 0, 0],
		[0, 0, 0, 0, 0, 0, 0, 0],
		[2, 0, 0x05, 0, 0, 0, 0, 0],
		[0, 0, 0, 0, 0, 0, 0, 0],
		[0, 0, 0x28, 0, 0, 0, 0, 0],
		[0, 0, 0, 0, 0, 0, 0, 0],
	]);
	expect(reports.map(({ atMs }) => atMs)).toEqual([2, 4, 6, 8, 10, 12]);
});

test("a character that its layout has no key for cannot be typed, and says so", () => {
	const { chip } = rig("keyboard");
	expect(() => chip.scan("€")).toThrow('no key of layout "us" types "€"');
});
