import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import { SSD1306 } from "./ssd1306.ts";

/** A receipt. */
export function run(device: { readonly io: { readonly I2C: I2CConstructor } }): SSD1306 {
	const screen = new SSD1306({ display: { io: device.io.I2C, data: 10, clock: 11 } });
	screen.text(0, "Thank you!", { large: true, center: true });
	screen.text(3, "2× Cola         $4.00");
	screen.text(4, "1× Chips        $1.50");
	screen.text(6, "Total           $5.50");
	screen.show();
	return screen;
}
