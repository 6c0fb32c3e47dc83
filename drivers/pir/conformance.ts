import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { PIR } from "./pir.ts";

export const subject: DriverSubject = Object.freeze({
	part: "pir",
	options: ({ io: { Digital }, timer }) => ({
		sensor: { io: Digital, pin: 2 },
		timer,
		onSample: () => undefined,
	}),
	open: (options) => Reflect.construct(PIR, [options]),
	bad: Object.freeze([
		{ sensor: undefined },
		{ sensor: {} },
		{ timer: undefined },
		{ warmUpMs: -1 },
		{ debounceMs: 0 },
		{ stuckMs: 999 },
		{ onSample: 1 },
	]),
	use(driver) {
		if (!(driver instanceof PIR)) throw new TypeError("PIR: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ debounceMs: 5 }, { stuckMs: 60_000 }]),
} satisfies DriverSubject);
