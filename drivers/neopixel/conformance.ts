import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { NeoPixel } from "./neopixel.ts";

export const subject: DriverSubject = Object.freeze({
	part: "neopixel",
	options: ({ io: { SPI } }) => ({ output: { io: SPI, out: 21 }, length: 1 }),
	open: (options) => Reflect.construct(NeoPixel, [options]),
	bad: Object.freeze([{ output: undefined }, { output: {} }, { length: 0 }, { length: undefined }, { length: 257 }]),
	use(driver) {
		if (!(driver instanceof NeoPixel)) throw new TypeError("NeoPixel: not a driver of this subject.");
		return [
			() => driver.setPixel(0, 1, 1, 1),
			() => driver.fill(1, 1, 1),
			() => driver.update(),
			() => driver.configure({}),
		];
	},
} satisfies DriverSubject);
