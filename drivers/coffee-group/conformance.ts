import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { CoffeeGroup } from "./coffee-group.ts";

export const subject: DriverSubject = Object.freeze({
	part: "coffee-group",
	options: ({ io: { Analog, Digital: io }, timer }) => ({
		grinder: { io, pin: 4 },
		grinderCurrent: { io, pin: 39 },
		pump: { io, pin: 6 },
		flow: { io, pin: 7 },
		heater: { io, pin: 8 },
		safety: { io, pin: 9 },
		water: { io, pin: 14 },
		thermometer: { io: Analog, pin: 5 },
		bins: [
			{ name: "beans", sensor: { io, pin: 15 } },
			{ name: "cups", sensor: { io, pin: 2 } },
		],
		timer,
	}),
	open: (options) => Reflect.construct(CoffeeGroup, [options]),
	bad: Object.freeze([
		{ grinder: undefined },
		{ pump: { pin: 6 } },
		{ flow: undefined },
		{ heater: undefined },
		{ safety: {} },
		{ water: {} },
		{ grinderCurrent: {} },
		{ thermometer: undefined },
		{ bins: [{ name: "", sensor: {} }] },
		{ timer: undefined },
		{ pulsesPerLitre: 0 },
		{ gramsPerSecond: -1 },
		{ holdMs: -1 },
	]),
	use(driver, onDone = () => undefined) {
		if (!(driver instanceof CoffeeGroup)) throw new TypeError("CoffeeGroup: not a driver of this subject.");
		// One step at a time: the first one runs, and after close each one throws.
		const step = (begin: () => void) => () => {
			if (!driver.busy) begin();
		};
		return [
			() => driver.sample(),
			step(() => driver.grind({ milliseconds: 1 }, onDone)),
			step(() => driver.pump(1, onDone)),
			step(() => driver.heat(20, onDone)),
			step(() => driver.pause(1, onDone)),
			() => driver.refilled(),
			() => driver.stop(),
			() => driver.configure({}),
		];
	},
	repeats: Object.freeze([{ pulsesPerLitre: 2_000 }, { gramsPerSecond: 2, holdMs: 0 }]),
} satisfies DriverSubject);
