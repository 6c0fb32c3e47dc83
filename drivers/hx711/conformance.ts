import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { HX711 } from "./hx711.ts";

export const subject: DriverSubject = Object.freeze({
	part: "hx711",
	options: ({ io: { Digital } }) => ({ clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 } }),
	open: (options) => Reflect.construct(HX711, [options]),
	bad: Object.freeze([
		{ clock: undefined },
		{ data: undefined },
		{ clock: {} },
		{ data: { pin: 15 } },
		{ microseconds: 1 },
		{ sensor: {} },
	]),
	use(driver) {
		if (!(driver instanceof HX711)) throw new TypeError("HX711: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({}), () => driver.sleep(), () => driver.wake()];
	},
	repeats: Object.freeze([{ gain: 128 }, { gain: 64 }]),
} satisfies DriverSubject);
