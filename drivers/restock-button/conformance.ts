import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { RestockButton } from "./restock-button.ts";

export const subject: DriverSubject = Object.freeze({
	part: "restock-button",
	options: ({ io: { Digital }, timer }) => ({
		button: { io: Digital, pin: 38 },
		timer,
		onPress: () => undefined,
		onHold: () => undefined,
	}),
	open: (options) => Reflect.construct(RestockButton, [options]),
	bad: Object.freeze([
		{ button: undefined },
		{ button: {} },
		{ timer: undefined },
		{ debounceMs: 0 },
		{ holdMs: 100 },
		{ stuckMs: 2_999 },
		{ debounceMs: 500, holdMs: 300 },
		{ onPress: 1 },
		{ onHold: 1 },
	]),
	use(driver) {
		if (!(driver instanceof RestockButton)) throw new TypeError("RestockButton: not a driver of this subject.");
		return [() => driver.sample(), () => driver.configure({})];
	},
	repeats: Object.freeze([{ debounceMs: 5 }, { holdMs: 5_000 }, { stuckMs: 60_000 }]),
} satisfies DriverSubject);
