import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";

/**
 * An I2C class whose failures on the bus are `HardwareError`s, on one that throws plain errors: the display may be
 * missing, a wrong program may not be overlooked.
 */
export function checkedI2C(I2C: I2CConstructor): I2CConstructor {
	return class implements I2C {
		readonly #i2c: I2C;
		readonly #name: string;

		constructor(options: I2COptions) {
			const { data, clock, hz, address } = options;
			this.#i2c = new I2C(options);
			this.#name = `I2C address ${address} on data ${data}, clock ${clock} at ${hz} Hz`;
		}

		read(byteLength: number, stop = true): ArrayBuffer {
			return this.#attempt(() => this.#i2c.read(byteLength, stop));
		}

		write(buffer: ArrayBuffer | Uint8Array, stop = true): void {
			this.#attempt(() => this.#i2c.write(buffer, stop));
		}

		close(): void {
			this.#i2c.close();
		}

		#attempt<Result>(transaction: () => Result): Result {
			try {
				return transaction();
			} catch (error) {
				const reason = error instanceof Error ? error.message : "no reason given";
				throw new HardwareError("bus", `${this.#name}: ${reason}. Check power, wires and address.`);
			}
		}
	};
}
