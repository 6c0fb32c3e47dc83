import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";

/**
 * An SPI class for parts that listen to the data line alone, on one that insists on a port and a clock, as Moddable's
 * on an ESP32 does. The clock comes out at a pin that nothing is soldered to.
 */
export function dataOnlySPI(
	SPI: SPIConstructor,
	wires: { readonly port: number; readonly clock: PinSpecifier },
): SPIConstructor {
	const { port, clock } = wires;
	return class implements SPI {
		readonly #spi: SPI;

		constructor(options: SPIOptions) {
			this.#spi = new SPI({ port, clock, ...options });
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
