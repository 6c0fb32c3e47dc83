import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { Driver, Net } from "../net.ts";
import { type BoardHost, bytesOf, closedError, pinName, requireNumber, requirePin } from "./board-host.ts";
import type { I2CTarget } from "./i2c-target.ts";

/** ECMA-419 clause 10.3. Instances with different addresses share a bus; a byte takes nine bits, START and STOP one each. */
export function createI2C(host: BoardHost): I2CConstructor {
	return class SimulatedI2C implements I2C {
		readonly #owner: string;
		readonly #address: number;
		readonly #where: string;
		readonly #lines: readonly Net[];
		readonly #target: () => I2CTarget | undefined;
		readonly #nsPerBit: number;
		readonly #data: Driver | undefined;
		readonly #clock: Driver | undefined;
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
			this.#lines = [host.net(data), host.net(clock)];
			this.#where = `0x${address.toString(16).toUpperCase().padStart(2, "0")} on data ${pinName(data)}, clock ${pinName(clock)}`;
			this.#owner = `I2C ${this.#where}`;
			this.#nsPerBit = 1e9 / hz;
			this.#release = host.claimShared("I2C", [data, clock], `address ${address}`, () => this.#letGo());
			if (host.busEdges) {
				this.#data = host.net(data).attach();
				this.#clock = host.net(clock).attach();
			}
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
				const byte = target.read() & 0xff;
				this.#shift(byte);
				this.#bit(i === byteLength - 1 ? 1 : 0); // the last byte is not acknowledged: the part lets go
				bytes[i] = byte;
			}
			if (stop) this.#end(target);
			return bytes.buffer;
		}

		write(buffer: ArrayBuffer | Uint8Array, stop = true): void {
			this.#requireOpen();
			const bytes = bytesOf(this.#owner, buffer);
			const target = this.#begin(false);
			for (let i = 0; i < bytes.length; i++) {
				const byte = bytes[i] ?? 0;
				this.#shift(byte);
				const acknowledged = target.write(byte);
				this.#bit(acknowledged ? 0 : 1);
				if (acknowledged) continue;
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
			this.#letGo();
		}

		/** START (a repeated one where the bus was not stopped) and the address byte. */
		#begin(read: boolean): I2CTarget {
			this.#data?.drive("Z");
			this.#clock?.drive("Z");
			this.#spend(0.5);
			// A line that is low though nobody on it drives it low is held by a fault: no START is possible (UM10204, 3.1.16).
			if (this.#lines.some((line) => line.driven === 1 && line.level === 0))
				throw new HardwareError(
					"bus",
					`${this.#owner}: SDA or SCL is held low. Look for a short, or a part that hangs.`,
				);
			this.#data?.drive(0);
			this.#spend(0.5);
			this.#clock?.drive(0);
			this.#shift((this.#address << 1) | (read ? 1 : 0));
			const target = this.#target();
			const acknowledged = target?.start(read) === true;
			this.#bit(acknowledged ? 0 : 1);
			if (target !== undefined && acknowledged) return target;
			this.#stop();
			throw new HardwareError(
				"no-acknowledge",
				`I2C: no part answers at ${this.#where}. Check its power, SDA and SCL, their pull-ups, and the address.`,
			);
		}

		#end(target: I2CTarget): void {
			this.#stop();
			target.stop();
		}

		/** SDA rises while SCL is high. */
		#stop(): void {
			this.#data?.drive(0);
			this.#spend(0.5);
			this.#clock?.drive("Z");
			this.#spend(0.5);
			this.#data?.drive("Z");
		}

		/** Eight bits, most significant first; the acknowledge is a bit of its own. */
		#shift(byte: number): void {
			if (this.#clock === undefined) this.#spend(8);
			else for (let bit = 7; bit >= 0; bit--) this.#bit((byte >> bit) & 1);
		}

		/** SDA changes while SCL is low and holds while it is high. */
		#bit(level: number): void {
			if (this.#clock === undefined) {
				this.#spend(1);
				return;
			}
			this.#data?.drive(level === 1 ? "Z" : 0);
			this.#spend(0.5);
			this.#clock.drive("Z");
			this.#spend(0.5);
			this.#clock.drive(0);
		}

		#spend(bits: number): void {
			host.clock.spend(bits * this.#nsPerBit);
		}

		#letGo(): void {
			this.#release = undefined;
			this.#data?.detach();
			this.#clock?.detach();
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
