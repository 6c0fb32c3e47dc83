import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { DispenseMotor } from "./dispense-motor.ts";

export const subject: DriverSubject = Object.freeze({
	part: "dispense-motor",
	options: ({ io: { Digital: io }, timer }) => ({
		motors: [4, 5, 6, 7, 8, 9, 14, 15].map((pin) => ({ io, pin })),
		home: [{ io, pin: 2 }],
		drop: { io, pin: 1 },
		emitter: { io, pin: 39 },
		timer,
	}),
	open: (options) => Reflect.construct(DispenseMotor, [options]),
	bad: Object.freeze([
		{ motors: undefined },
		{ motors: [] },
		{ motors: [{ pin: 4 }] },
		{ home: undefined },
		{ home: [] },
		{ drop: { pin: 1 } },
		{ emitter: {} },
		{ timer: undefined },
		{ homeLevel: 2 },
		{ dropLevel: "low" },
		{ turnTimeoutMs: 10_001 },
		{ leaveTimeoutMs: 0 },
		{ dropWindowMs: -1 },
		{ dropMinimumMs: 21 },
		{ attempts: 0 },
	]),
	use(driver, onDone = () => undefined) {
		if (!(driver instanceof DispenseMotor)) throw new TypeError("DispenseMotor: not a driver of this subject.");
		return [() => driver.sample(), () => driver.dispense(0, onDone), () => driver.stop(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ attempts: 1 }, { turnTimeoutMs: 3_000, dropWindowMs: 500 }]),
} satisfies DriverSubject);
