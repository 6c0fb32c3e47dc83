import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { PWM, PWMConstructor, PWMOptions } from "@visionvend/sdk/device/io/pwm";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";
import { type IOClass, type Transaction, toHex } from "./transaction.ts";

/** Constructors of ECMA-419, of whatever host. */
export interface IOProvider {
	readonly Analog: AnalogConstructor;
	readonly Digital: DigitalConstructor;
	readonly I2C: I2CConstructor;
	readonly PWM: PWMConstructor;
	readonly Serial: SerialConstructor;
	readonly SPI: SPIConstructor;
}

/** Takes one line of the log, without its end. It must not throw, and must not wait. */
export type Sink = (line: string) => void;

type WithoutPlace<T> = T extends Transaction ? Omit<T, "at" | "id" | "error"> : never;

/** Writes the log of one recording. */
class Recorder {
	readonly #sink: Sink;
	readonly #now: () => number;
	readonly #startedAt: number;
	#instances = 0;

	constructor(sink: Sink, now: () => number) {
		this.#sink = sink;
		this.#now = now;
		this.#startedAt = now();
	}

	/** Opens an instance; `make` gets the number that its lines have. */
	open<T>(io: IOClass, options: unknown, make: (id: number) => T): readonly [id: number, instance: T] {
		const id = ++this.#instances;
		const instance = this.around(
			id,
			() => make(id),
			() => opened(io, options),
		);
		return [id, instance];
	}

	/** Runs `call`, and logs it at the time when it began, with its result or its error. */
	around<T>(id: number, call: () => T, describe: (result: T | undefined) => WithoutPlace<Transaction>): T {
		const at = this.#at();
		try {
			const result = call();
			this.#write({ at, id, ...describe(result) });
			return result;
		} catch (error) {
			const kind = error instanceof HardwareError ? error.kind : error instanceof Error ? error.name : "Error";
			const message = error instanceof Error ? error.message : String(error);
			this.#write({ at, id, ...describe(undefined), error: { kind, message } });
			throw error;
		}
	}

	tell(id: number, what: WithoutPlace<Transaction>): void {
		this.#write({ at: this.#at(), id, ...what });
	}

	#at(): number {
		return Math.round(this.#now() - this.#startedAt);
	}

	#write(transaction: object): void {
		this.#sink(JSON.stringify(transaction));
	}
}

/**
 * Wraps the constructors of a provider: whatever is done to their instances, and whatever these tell, becomes a line of
 * NDJSON. Programs cannot tell the difference, but for the time that the sink takes.
 *
 * ```ts
 * const lines: string[] = [];
 * const io = recordProvider(board.io, (line) => lines.push(line), () => board.clock.now);
 * const scale = new HX711({ clock: { io: io.Digital, pin: 14 }, data: { io: io.Digital, pin: 15 } });
 * ```
 *
 * @param now nanoseconds of a clock that never goes back: `() => Number(process.hrtime.bigint())` on a Pi.
 */
export function recordProvider(provider: IOProvider, sink: Sink, now: () => number): IOProvider {
	const recorder = new Recorder(sink, now);
	return {
		Analog: recordAnalog(provider.Analog, recorder),
		Digital: recordDigital(provider.Digital, recorder),
		I2C: recordI2C(provider.I2C, recorder),
		PWM: recordPWM(provider.PWM, recorder),
		Serial: recordSerial(provider.Serial, recorder),
		SPI: recordSPI(provider.SPI, recorder),
	};
}

/** The options that can be written down: no functions. */
function opened(io: IOClass, options: unknown): WithoutPlace<Transaction> {
	const entries = typeof options === "object" && options !== null ? Object.entries(options) : [];
	const plain = entries.filter((entry): entry is [string, string | number | boolean] =>
		["string", "number", "boolean"].includes(typeof entry[1]),
	);
	return { do: "open", io, options: Object.fromEntries(plain) };
}

const closed = (): WithoutPlace<Transaction> => ({ do: "close" });
const valueRead = (value: number | undefined): WithoutPlace<Transaction> => ({
	do: "read",
	...(value === undefined ? {} : { value }),
});
const byteLines = (bytes: ArrayBuffer | Uint8Array | undefined) =>
	bytes instanceof ArrayBuffer || bytes instanceof Uint8Array ? { bytes: toHex(bytes) } : {};
const stopLine = (stop: boolean | undefined) => (stop === undefined ? {} : { stop });

function recordAnalog(Base: AnalogConstructor, recorder: Recorder): AnalogConstructor {
	return class RecordedAnalog implements Analog {
		readonly #io: Analog;
		readonly #id: number;

		constructor(options: AnalogOptions) {
			[this.#id, this.#io] = recorder.open("Analog", options, () => new Base(options));
		}
		get resolution(): number {
			return this.#io.resolution;
		}
		read(): number {
			return recorder.around(this.#id, () => this.#io.read(), valueRead);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function recordDigital(Base: DigitalConstructor, recorder: Recorder): DigitalConstructor {
	return class RecordedDigital implements Digital {
		static readonly Input = Base.Input;
		static readonly InputPullUp = Base.InputPullUp;
		static readonly InputPullDown = Base.InputPullDown;
		static readonly Output = Base.Output;
		static readonly OutputOpenDrain = Base.OutputOpenDrain;
		static readonly Rising = Base.Rising;
		static readonly Falling = Base.Falling;
		readonly #io: Digital;
		readonly #id: number;

		constructor(options: DigitalOptions) {
			[this.#id, this.#io] = recorder.open("Digital", options, (id) => {
				const onReadable = options?.onReadable;
				if (typeof onReadable !== "function") return new Base(options);
				const tell = () => {
					recorder.tell(id, { do: "readable" });
					onReadable.call(this);
				};
				return new Base({ ...options, onReadable: tell });
			});
		}
		read(): Level {
			return recorder.around(this.#id, () => this.#io.read(), valueRead);
		}
		write(value: Level): void {
			recorder.around(
				this.#id,
				() => this.#io.write(value),
				() => ({ do: "write", value }),
			);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function recordI2C(Base: I2CConstructor, recorder: Recorder): I2CConstructor {
	return class RecordedI2C implements I2C {
		readonly #io: I2C;
		readonly #id: number;

		constructor(options: I2COptions) {
			[this.#id, this.#io] = recorder.open("I2C", options, () => new Base(options));
		}
		read(byteLength: number, stop?: boolean): ArrayBuffer {
			return recorder.around(
				this.#id,
				() => this.#io.read(byteLength, stop),
				(bytes) => ({ do: "read", value: byteLength, ...byteLines(bytes), ...stopLine(stop) }),
			);
		}
		write(buffer: ArrayBuffer | Uint8Array, stop?: boolean): void {
			recorder.around(
				this.#id,
				() => this.#io.write(buffer, stop),
				() => ({ do: "write", ...byteLines(buffer), ...stopLine(stop) }),
			);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function recordPWM(Base: PWMConstructor, recorder: Recorder): PWMConstructor {
	return class RecordedPWM implements PWM {
		readonly #io: PWM;
		readonly #id: number;

		constructor(options: PWMOptions) {
			[this.#id, this.#io] = recorder.open("PWM", options, () => new Base(options));
		}
		get resolution(): number {
			return this.#io.resolution;
		}
		get hz(): number {
			return this.#io.hz;
		}
		write(value: number): void {
			recorder.around(
				this.#id,
				() => this.#io.write(value),
				() => ({ do: "write", value }),
			);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function recordSPI(Base: SPIConstructor, recorder: Recorder): SPIConstructor {
	return class RecordedSPI implements SPI {
		readonly #io: SPI;
		readonly #id: number;

		constructor(options: SPIOptions) {
			[this.#id, this.#io] = recorder.open("SPI", options, () => new Base(options));
		}
		write(buffer: ArrayBuffer | Uint8Array): void {
			recorder.around(
				this.#id,
				() => this.#io.write(buffer),
				() => ({ do: "write", ...byteLines(buffer) }),
			);
		}
		transfer(buffer: Uint8Array): void {
			const out = toHex(buffer);
			recorder.around(
				this.#id,
				() => {
					this.#io.transfer(buffer);
					return toHex(buffer);
				},
				(received) => ({ do: "transfer", out, ...(received === undefined ? {} : { in: received }) }),
			);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function recordSerial(Base: SerialConstructor, recorder: Recorder): SerialConstructor {
	return class RecordedSerial implements Serial {
		readonly #io: Serial;
		readonly #id: number;

		constructor(options: SerialOptions) {
			[this.#id, this.#io] = recorder.open("Serial", options, (id) => {
				const { onReadable, onWritable } = options ?? {};
				const heard = (what: "readable" | "writable", callback: SerialOptions["onReadable"]) =>
					typeof callback !== "function"
						? callback
						: (count: number) => {
								recorder.tell(id, { do: what, count });
								callback.call(this, count);
							};
				const listeners = { onReadable: heard("readable", onReadable), onWritable: heard("writable", onWritable) };
				return new Base(options && Object.assign({ ...options }, given(listeners)));
			});
		}
		read(): ArrayBuffer | undefined {
			return recorder.around(
				this.#id,
				() => this.#io.read(),
				(bytes) => ({ do: "read", ...byteLines(bytes) }),
			);
		}
		write(buffer: ArrayBuffer | Uint8Array): void {
			recorder.around(
				this.#id,
				() => this.#io.write(buffer),
				() => ({ do: "write", ...byteLines(buffer) }),
			);
		}
		close(): void {
			recorder.around(this.#id, () => this.#io.close(), closed);
		}
	};
}

function given(members: object): object {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
