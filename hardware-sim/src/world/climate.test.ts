import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Climate } from "./climate.ts";

const minuteNs = 60e9;

function cooler() {
	const clock = new SimulationClock();
	const state = { door: false, powered: true, felt: Number.NaN };
	const climate = new Climate({
		clock,
		doorOpen: () => state.door,
		powered: () => state.powered,
		onTemperature: (celsius) => {
			state.felt = celsius;
		},
	});
	return { clock, state, climate };
}

test("a closed fridge stays between 1.5 and 4.5 degrees for a day", () => {
	const { clock, state } = cooler();
	for (let minute = 0; minute < 24 * 60; minute++) {
		clock.run(minuteNs);
		expect(state.felt).toBeGreaterThan(1.5);
		expect(state.felt).toBeLessThan(4.5);
	}
});

test("an open door lets it become warmer than five degrees, and a closed one cold again", () => {
	const { clock, state, climate } = cooler();
	state.door = true;
	climate.compressorWorks = false;
	clock.run(10 * minuteNs);
	expect(state.felt).toBeGreaterThan(5);
	state.door = false;
	climate.compressorWorks = true;
	clock.run(20 * minuteNs);
	expect(state.felt).toBeLessThan(5);
});

test("without current it warms towards the room, and never past it", () => {
	const { clock, state } = cooler();
	state.powered = false;
	clock.run(24 * 60 * minuteNs);
	expect(state.felt).toBeGreaterThan(20);
	expect(state.felt).toBeLessThan(22);
});

test("a defrost warms for as long as it was told", () => {
	const { clock, state, climate } = cooler();
	const before = state.felt;
	climate.defrost(10);
	clock.run(5 * minuteNs);
	expect(climate.defrosting).toBe(true);
	expect(state.felt).toBeGreaterThan(before + 2);
	clock.run(6 * minuteNs);
	expect(climate.defrosting).toBe(false);
});
