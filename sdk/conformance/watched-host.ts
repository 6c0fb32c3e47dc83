import type { AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { PWMOptions } from "@visionvend/sdk/device/io/pwm";
import type { SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { SPIOptions } from "@visionvend/sdk/device/io/spi";
import type { ConformanceHost } from "./driver-subject.ts";

/** More operations than any call of a driver needs: one that gets here never ends by itself. */
const mostOperations = 20_000;

/** Sees what a driver does to its hardware, and can make the hardware misbehave. */
export class HardwareWatch {
	/** IO instances that were made, and those that were given back. */
	opened = 0;
	closed = 0;
	/** Outputs that were given back at another level, or duty, than they began with. */
	restless = 0;
	/** Reads and writes so far. */
	operations = 0;
	/** The instance with this number (from 1) cannot be had: its pin is in use. */
	failsAt = 0;
	/** What the wires say: the truth, always low, always high, or nothing at all. */
	answers: "truth" | "low" | "high" | "nothing" = "truth";
	/** `hz` of the last I2C instance. */
	hertz = 0;

	/** A constructor is about to run. */
	open(): void {
		if (this.opened + 1 === this.failsAt) {
			this.failsAt = 0;
			throw new Error("the pin is in use");
		}
		this.opened += 1;
	}

	operate(): void {
		this.operations += 1;
		if (this.operations > mostOperations) throw new Error(`${mostOperations} operations and no end`);
	}

	/** What a line reads, when it is not the truth. */
	get level(): Level {
		return this.answers === "low" ? 0 : 1;
	}

	bytes(byteLength: number): ArrayBuffer {
		if (this.answers === "nothing") throw new Error("no acknowledge");
		const buffer = new ArrayBuffer(byteLength);
		new Uint8Array(buffer).fill(this.answers === "low" ? 0 : 0xff);
		return buffer;
	}
}

/** The same host, with every IO instance under watch. */
export function watchedHost(host: ConformanceHost, watch: HardwareWatch): ConformanceHost {
	const { io, timer } = host;
	return {
		timer,
		io: {
			Analog: class extends io.Analog {
				#closed = false;
				constructor(options: AnalogOptions) {
					watch.open();
					super(options);
				}
				override read(): number {
					watch.operate();
					return watch.answers === "truth" ? super.read() : watch.level * (2 ** this.resolution - 1);
				}
				override close(): void {
					if (!this.#closed) watch.closed += 1;
					this.#closed = true;
					super.close();
				}
			},
			Digital: class extends io.Digital {
				#closed = false;
				/** What an output drives, and what it drove at first; the same for an input. */
				#level: Level = 0;
				readonly #rest: Level;
				constructor(options: DigitalOptions) {
					watch.open();
					super(options);
					this.#rest = options.initialValue ?? 0;
					this.#level = this.#rest;
				}
				override read(): Level {
					watch.operate();
					return watch.answers === "truth" ? super.read() : watch.level;
				}
				override write(value: Level): void {
					watch.operate();
					super.write(value);
					this.#level = value;
				}
				override close(): void {
					if (!this.#closed) {
						watch.closed += 1;
						if (this.#level !== this.#rest) watch.restless += 1;
					}
					this.#closed = true;
					super.close();
				}
			},
			I2C: class extends io.I2C {
				#closed = false;
				constructor(options: I2COptions) {
					watch.open();
					super(options);
					watch.hertz = options.hz;
				}
				override read(byteLength: number, stop?: boolean): ArrayBuffer {
					watch.operate();
					return watch.answers === "truth" ? super.read(byteLength, stop) : watch.bytes(byteLength);
				}
				override write(buffer: ArrayBuffer | Uint8Array, stop?: boolean): void {
					watch.operate();
					if (watch.answers === "nothing") throw new Error("no acknowledge");
					if (watch.answers === "truth") super.write(buffer, stop);
				}
				override close(): void {
					if (!this.#closed) watch.closed += 1;
					this.#closed = true;
					super.close();
				}
			},
			PWM: class extends io.PWM {
				#closed = false;
				#duty = 0;
				constructor(options: PWMOptions) {
					watch.open();
					super(options);
				}
				override write(duty: number): void {
					watch.operate();
					super.write(duty);
					this.#duty = duty;
				}
				override close(): void {
					if (!this.#closed) {
						watch.closed += 1;
						if (this.#duty !== 0) watch.restless += 1;
					}
					this.#closed = true;
					super.close();
				}
			},
			Serial: class extends io.Serial {
				#closed = false;
				constructor(options: SerialOptions) {
					watch.open();
					super(options);
				}
				override read(): ArrayBuffer | undefined {
					watch.operate();
					return watch.answers === "truth" ? super.read() : undefined;
				}
				override write(buffer: ArrayBuffer | Uint8Array): void {
					watch.operate();
					super.write(buffer);
				}
				override close(): void {
					if (!this.#closed) watch.closed += 1;
					this.#closed = true;
					super.close();
				}
			},
			SPI: class extends io.SPI {
				#closed = false;
				constructor(options: SPIOptions) {
					watch.open();
					super(options);
				}
				override write(buffer: ArrayBuffer | Uint8Array): void {
					watch.operate();
					super.write(buffer);
				}
				override transfer(buffer: Uint8Array): void {
					watch.operate();
					super.transfer(buffer);
					if (watch.answers !== "truth") buffer.fill(watch.answers === "low" ? 0 : 0xff);
				}
				override close(): void {
					if (!this.#closed) watch.closed += 1;
					this.#closed = true;
					super.close();
				}
			},
		},
	};
}
