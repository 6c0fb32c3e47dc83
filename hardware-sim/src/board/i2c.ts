import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import { type BoardHost, bytesOf, closedError, pinName, requireNumber, requirePin } from "./board-host.ts";
import type { I2CTarget } from "./i2c-target.ts";

/** Eight bits and the acknowledge. */
const bitsPerByte = 9;

/** ECMA-419 clause 10.3. Instances with different addresses share a bus; time passes byte by byte. */
export function createI2C(host: BoardHost): I2CConstructor {
	return class SimulatedI2C implements I2C {
		readonly #owner: string;
		readonly #address: number;
		readonly #where: string;
		readonly #target: () => I2CTarget | undefined;
		readonly #nsPerBit: number;
		#release: (() => void) | undefined;

		constructor(options: I2COptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("I2C: options are required.");
			const data = requirePin("I2C", "data", options.data);
			const clock = requirePin("I2C", "clock", options.clock);
			if (data === clock) throw new RangeError(`I2C: data and clock are both ${pinName(data)}.`);
			// UM10204 table 3: 0x00 to 0x07 and 0x78 to 0x7F are reserved.
			const address = requireNumber("I2C", "address", options.address, 0x08, 0x77);
			if (!Number.isInteger(address)) throw new RangeError(`I2C: option "address" is an integer, not ${address}.`);
			const hz = requireNumber("I2C", "hz", options.hz, 1_000, 1_000_000);

			this.#address = address;
			this.#where = `0x${address.toString(16).toUpperCase().padStart(2, "0")} on data ${pinName(data)}, clock ${pinName(clock)}`;
			this.#owner = `I2C ${this.#where}`;
			this.#nsPerBit = 1e9 / hz;
			this.#release = host.claimShared("I2C", [data, clock], `address ${address}`, () => {
				this.#release = undefined;
			});
			// Looked up at each transaction: a part can be plugged in later.
			this.#target = () => host.i2cTarget(data, clock, this.#address);
		}

		read(byteLength: number, stop = true): ArrayBuffer {
			this.#requireOpen();
			if (!Number.isInteger(byteLength) || byteLength < 0)
				throw new RangeError(`${this.#owner}: byteLength is an integer, 0 or more, not ${String(byteLength)}.`);
			const target = this.#begin(true);
			const bytes = new Uint8Array(byteLength);
			for (let i = 0; i < byteLength; i++) {
				this.#spendBits(bitsPerByte);
				bytes[i] = target.read() & 0xff;
			}
			if (stop) this.#end(target);
			return bytes.buffer;
		}

		write(buffer: ArrayBuffer | Uint8Array, stop = true): void {
			this.#requireOpen();
			const bytes = bytesOf(this.#owner, buffer);
			const target = this.#begin(false);
			for (let i = 0; i < bytes.length; i++) {
				this.#spendBits(bitsPerByte);
				if (target.write(bytes[i] ?? 0)) continue;
				this.#end(target);
				throw new HardwareError(
					"no-acknowledge",
					`${this.#owner}: the part refused byte ${i} of ${bytes.length}. Check that it is ready and that the bytes are its commands.`,
				);
			}
			if (stop) this.#end(target);
		}

		close(): void {
			this.#release?.();
			this.#release = undefined;
		}

		/** START and the address byte. */
		#begin(read: boolean): I2CTarget {
			this.#spendBits(1 + bitsPerByte);
			const target = this.#target();
			if (target?.start(read)) return target;
			this.#spendBits(1);
			throw new HardwareError(
				"no-acknowledge",
				`I2C: no part answers at ${this.#where}. Check its power, SDA and SCL, their pull-ups, and the address.`,
			);
		}

		#end(target: I2CTarget): void {
			this.#spendBits(1);
			target.stop();
		}

		#spendBits(bits: number): void {
			host.clock.spend(bits * this.#nsPerBit);
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
