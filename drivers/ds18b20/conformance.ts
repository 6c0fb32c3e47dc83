import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { DS18B20 } from "./ds18b20.ts";

export const subject: DriverSubject = Object.freeze({
	part: "ds18b20",
	options: ({ io: { Serial }, timer }) => ({
		bus: { io: Serial, receive: 41, transmit: 40 },
		timer,
		onSample: () => undefined,
	}),
	open: (options) => Reflect.construct(DS18B20, [options]),
	bad: Object.freeze([
		{ bus: undefined },
		{ bus: { receive: 41, transmit: 40 } },
		{ timer: undefined },
		{ rom: "28" },
		{ resolution: 8 },
		{ periodMs: 999 },
		{ failures: 0 },
		{ onSample: 1 },
	]),
	use(driver) {
		if (!(driver instanceof DS18B20)) throw new TypeError("DS18B20: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ resolution: 10 }, { periodMs: 2_000, failures: 2 }]),
} satisfies DriverSubject);
