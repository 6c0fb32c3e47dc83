import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { VL53L1X } from "./vl53l1x.ts";

export const subject: DriverSubject = Object.freeze({
	part: "vl53l1x",
	options: ({ io: { Digital, I2C } }) => ({
		sensor: { io: I2C, data: 10, clock: 11, address: 0x30 },
		enable: { io: Digital, pin: 2 },
	}),
	open: (options) => Reflect.construct(VL53L1X, [options]),
	bad: Object.freeze([
		{ sensor: undefined },
		{ sensor: {} },
		{ enable: {} },
		{ interrupt: {} },
		{ onSample: 1 },
		{ onSample: () => undefined },
	]),
	use(driver) {
		if (!(driver instanceof VL53L1X)) throw new TypeError("VL53L1X: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({ nearCentimetres: 50 })];
	},
	repeats: Object.freeze([{ nearCentimetres: 50 }, { range: "long", budgetMs: 50, intervalMs: 200 }]),
} satisfies DriverSubject);
