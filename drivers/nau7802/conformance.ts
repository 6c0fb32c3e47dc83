import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { NAU7802 } from "./nau7802.ts";

export const subject: DriverSubject = Object.freeze({
	part: "nau7802",
	options: ({ io: { I2C } }) => ({ sensor: { io: I2C, data: 10, clock: 11 } }),
	open: (options) => Reflect.construct(NAU7802, [options]),
	bad: Object.freeze([
		{ sensor: undefined },
		{ sensor: {} },
		{ interrupt: {} },
		{ onSample: 1 },
		{ onSample: () => undefined },
	]),
	use(driver) {
		if (!(driver instanceof NAU7802)) throw new TypeError("NAU7802: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({ gain: 64 })];
	},
	repeats: Object.freeze([{ gain: 64 }, { rate: 80 }]),
} satisfies DriverSubject);
