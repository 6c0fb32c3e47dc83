import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { Battery } from "./battery.ts";

export const subject: DriverSubject = Object.freeze({
	part: "battery",
	options: ({ io: { Analog } }) => ({
		input: { io: Analog, pin: 1 },
		divider: { upperOhms: 47_000, lowerOhms: 10_000 },
	}),
	open: (options) => Reflect.construct(Battery, [options]),
	bad: Object.freeze([
		{ input: undefined },
		{ input: {} },
		{ divider: undefined },
		{ divider: {} },
		{ divider: { upperOhms: 0, lowerOhms: 10_000 } },
		{ divider: { upperOhms: 47_000, lowerOhms: 0.5 } },
		{ referenceMillivolts: 0 },
		{ conversions: 0 },
		{ conversions: 65 },
	]),
	use(driver) {
		if (!(driver instanceof Battery)) throw new TypeError("Battery: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ lowMillivolts: 11_500, criticalMillivolts: 10_800 }, { hysteresisMillivolts: 100 }]),
} satisfies DriverSubject);
