import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import { NeoPixel } from "./neopixel.ts";

/** A blue light, as while the door is unlocked. */
export function run(device: { readonly io: { readonly SPI: SPIConstructor } }): NeoPixel {
	const light = new NeoPixel({ output: { io: device.io.SPI, out: 21 }, length: 1 });
	light.setPixel(0, 0, 0, 64);
	light.update();
	return light;
}
