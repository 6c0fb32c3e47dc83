import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { HIDPort } from "./hid-port.ts";
import { HIDScaleChip } from "./hid-scale.ts";

function rig(options: { unit?: "gram" | "ounce"; exponent?: number } = {}) {
	const clock = new SimulationClock();
	const port = new HIDPort(clock);
	const chip = new HIDScaleChip({ clock, port, ...options });
	const reports: number[][] = [];
	new port.HID({ usagePage: 0x8d, onReport: (report) => reports.push([...report]) });
	return { clock, chip, reports };
}

test("330 g: in motion, then stable, byte for byte", () => {
	const { clock, chip, reports } = rig();
	chip.set(330);
	clock.run(1e9);
	expect(reports).toEqual([
		[3, 3, 2, 0, 0x4a, 0x01],
		[3, 4, 2, 0, 0x4a, 0x01],
	]);
});

test("ounces in tenths have a power of ten of -1, as a signed byte", () => {
	const { clock, chip, reports } = rig({ unit: "ounce", exponent: -1 });
	chip.set(100); // 3.53 oz
	clock.run(1e9);
	expect(reports.at(-1)).toEqual([3, 4, 11, 0xff, 35, 0]);
});

test("a weight that changes again before it settles is stable once", () => {
	const { clock, chip, reports } = rig();
	chip.set(100);
	clock.run(3e8);
	chip.set(0);
	clock.run(1e9);
	expect(reports.map(([, status]) => status)).toEqual([3, 3, 2]);
});
