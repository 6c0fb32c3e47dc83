import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { SSD1306 } from "./ssd1306.ts";

export const subject: DriverSubject = Object.freeze({
	part: "ssd1306",
	options: ({ io: { I2C } }) => ({ display: { io: I2C, data: 10, clock: 11 } }),
	open: (options) => Reflect.construct(SSD1306, [options]),
	bad: Object.freeze([{ display: undefined }, { display: {} }, { width: 129 }, { height: 48 }]),
	use(driver) {
		if (!(driver instanceof SSD1306)) throw new TypeError("SSD1306: not a driver of this subject.");
		return [
			() => driver.clear(),
			() => driver.text(0, "x"),
			() => driver.show(),
			() => driver.configure({ contrast: 1 }),
		];
	},
	repeats: Object.freeze([{ contrast: 100 }]),
} satisfies DriverSubject);
