import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { NeoPixelChip } from "./neopixel.ts";

/** A line that sends bits with the given times, and stays low for a while. */
function rig(length: number, latchMicroseconds: 280 | 50 = 280) {
	const clock = new SimulationClock();
	const net = new Net("light data", clock);
	const line = net.attach();
	const chip = new NeoPixelChip({ clock, data: net, length, latchMicroseconds });
	const pulse = (highNs: number, lowNs: number) => {
		line.drive(1);
		clock.run(highNs);
		line.drive(0);
		clock.run(lowNs);
	};
	const send = (bits: string, times = { zero: [400, 850], one: [800, 450] }) => {
		for (const bit of bits) {
			const [high = 0, low = 0] = bit === "1" ? times.one : times.zero;
			pulse(high, low);
		}
	};
	return { clock, chip, send, pulse };
}

test("a real 800 kHz line is decoded: green, red, blue, most significant bit first", () => {
	const { clock, chip, send } = rig(1);
	send("10000001" + "00000010" + "11111111");
	expect(chip.frames).toBe(0);
	clock.run(280_000);
	expect([chip.frames, chip.timingErrors, chip.colors]).toEqual([1, 0, [{ green: 0x81, red: 2, blue: 255 }]]);
});

test("the ends of the datasheet's windows are fine, what is past them is a timing error", () => {
	const { chip, send } = rig(1);
	send("01", { zero: [250, 1_000], one: [650, 600] });
	send("01", { zero: [550, 700], one: [950, 300] });
	expect(chip.timingErrors).toBe(0);
	send("0", { zero: [249, 850], one: [] });
	send("0", { zero: [560, 850], one: [] });
	send("1", { zero: [], one: [951, 450] });
	send("1", { zero: [], one: [800, 299] });
	send("1");
	expect(chip.timingErrors).toBe(4);
});

test("a low of 60 µs latches an old part and not a new one", () => {
	for (const [latch, frames] of [
		[50, 1],
		[280, 0],
	] as const) {
		const { clock, chip, send } = rig(1, latch);
		send("1".repeat(24));
		clock.run(60_000);
		expect(chip.frames).toBe(frames);
	}
});

test("an LED that got half of its bits keeps its colour", () => {
	const { clock, chip, send } = rig(2);
	send("1".repeat(36));
	clock.run(280_000);
	expect(chip.colors).toEqual([
		{ green: 255, red: 255, blue: 255 },
		{ green: 0, red: 0, blue: 0 },
	]);
});
