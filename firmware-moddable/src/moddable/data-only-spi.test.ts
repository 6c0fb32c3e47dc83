import { NeoPixel } from "@visionvend/drivers/neopixel";
import { Board } from "@visionvend/hardware-sim/board/board";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";
import { expect, test } from "vitest";
import { dataOnlySPI } from "./data-only-spi.ts";

/** Refuses what Moddable's SPI on an ESP32 refuses: it reads port and clock of every instance. */
function demanding(SPI: SPIConstructor): SPIConstructor {
	return class implements SPI {
		readonly #spi: SPI;

		constructor(options: SPIOptions) {
			if (options.clock === undefined) throw new RangeError("invalid pin");
			if (typeof options.port !== "number") throw new RangeError("invalid port");
			this.#spi = new SPI(options);
		}
		write(buffer: ArrayBuffer | Uint8Array): void {
			this.#spi.write(buffer);
		}
		transfer(buffer: Uint8Array): void {
			this.#spi.transfer(buffer);
		}
		close(): void {
			this.#spi.close();
		}
	};
}

test("a chain of LEDs lights up over a port that insists on a clock", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new NeoPixelChip({ clock, data: board.net(21), length: 1 });
	const moddable = demanding(board.io.SPI);
	expect(() => new NeoPixel({ output: { io: moddable, out: 21 }, length: 1 })).toThrow("invalid pin");
	const lights = new NeoPixel({ output: { io: dataOnlySPI(moddable, { port: 2, clock: 42 }), out: 21 }, length: 1 });
	lights.setPixel(0, 1, 2, 3);
	lights.update();
	clock.run(1e6);
	expect(chip.colors[0]).toEqual({ red: 1, green: 2, blue: 3 });
	expect(chip.timingErrors).toBe(0);
	lights.close();
	const free = new board.io.Digital({ pin: 42, mode: board.io.Digital.Input });
	free.close();
});
