import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { Lock } from "./lock.ts";

export const subject: DriverSubject = Object.freeze({
	part: "lock",
	options: ({ io: { Digital }, timer }) => ({
		coil: { io: Digital, pin: 12 },
		timer,
		feedback: { io: Digital, pin: 39 },
		onFault: () => undefined,
	}),
	open: (options) => Reflect.construct(Lock, [options]),
	bad: Object.freeze([
		{ coil: undefined },
		{ timer: undefined },
		{ maximumOnMs: 5_001 },
		{ maximumOnMs: 0 },
		{ feedback: {} },
		{ closedWhile: "open" },
		{ onFault: 1 },
	]),
	use(driver) {
		if (!(driver instanceof Lock)) throw new TypeError("Lock: not a driver of this subject.");
		return [() => driver.energise(1), () => driver.release(), () => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ maximumOnMs: 1_000 }]),
} satisfies DriverSubject);
