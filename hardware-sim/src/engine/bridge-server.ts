import type { Level } from "@visionvend/sdk/device/io/digital";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { MQTTEnd } from "@visionvend/sdk/device/io/mqtt";
import { PowerCut } from "../flash/power-cut.ts";
import { EventKind, NO_SIGNAL, Operation, sessionEnds } from "./bridge.ts";
import { type EngineBudget, type EngineOptions, esp32s3Budget } from "./engine.ts";

const nanosecondsPerMillisecond = 1_000_000;

/** An open IO instance: what a device may do with it. What its class does not have is absent. */
interface Port {
	readonly close: () => void;
	readonly read?: () => number;
	readonly write?: (value: number) => void;
	readonly resolution?: () => number;
	readonly hz?: () => number;
	readonly readBytes?: (byteLength: number, stop: boolean) => Uint8Array;
	readonly writeBytes?: (bytes: Uint8Array, stop: boolean) => void;
	readonly transfer?: (bytes: Uint8Array) => void;
	readonly receive?: () => Uint8Array | undefined;
	readonly publish?: (topic: string, payload: Uint8Array) => number;
	/** What is open on the network: it dies with the power. */
	readonly dropWithPower?: boolean;
}

type Result = number | Uint8Array | undefined;

const noBytes = new Uint8Array();

/**
 * The hardware's end of a device's bridge: turns operations into calls on the board, the clock and the storage, and
 * events of those into deliveries. Errors that a driver may meet travel back to the device; any other error is one of
 * the simulation, and is kept in `fault` for whoever runs the clock.
 */
export class BridgeServer {
	readonly #options: EngineOptions;
	readonly #deliver: (kind: number, handle: number, value: number) => void;
	readonly #ports = new Map<number, Port>();
	readonly #cancelTimer = new Map<number, () => void>();
	readonly #bootedAt: number;
	/** The timer whose callback runs. It may be cleared; one that fired before throws, as on Moddable. */
	#firing: number | undefined;
	#failure = "";
	#stopped = false;
	#restartRequested = false;
	#fault: { readonly error: unknown } | undefined;

	constructor(options: EngineOptions, deliver: (kind: number, handle: number, value: number) => void) {
		this.#options = options;
		this.#deliver = deliver;
		this.#bootedAt = options.clock.now;
	}

	/** The device must not go on: it was stopped, asked for a restart, or met a fault of the simulation. */
	get ended(): boolean {
		return this.#stopped || this.#restartRequested || this.#fault !== undefined;
	}

	get restartRequested(): boolean {
		return this.#restartRequested;
	}

	get stopped(): boolean {
		return this.#stopped;
	}

	/** Throws the fault of the simulation that ended the device, if there was one. */
	throwFault(): void {
		const fault = this.#fault;
		this.#fault = undefined;
		if (fault) throw fault.error;
	}

	/** Milliseconds since boot, with their fraction. */
	get milliseconds(): number {
		return (this.#options.clock.now - this.#bootedAt) / nanosecondsPerMillisecond;
	}

	/**
	 * Ends all deliveries. IO instances stay as they are, since closing them is the board's part of a power cut; sessions
	 * on the network end.
	 */
	stop(): void {
		this.#stopped = true;
		for (const port of this.#ports.values()) {
			if (port.dropWithPower === true) port.close();
		}
		for (const cancel of this.#cancelTimer.values()) cancel();
		this.#cancelTimer.clear();
		this.#ports.clear();
	}

	call(operation: number, a: number, b: number): number {
		const result = this.#perform(operation, a, b, undefined);
		return result === null ? Number.NaN : typeof result === "number" ? result : 0;
	}

	/** `bytes` may be a Buffer that is used again after the call; whoever keeps them gets a copy of their own. */
	exchange(operation: number, a: number, b: number, bytes: Uint8Array | undefined): Uint8Array | undefined | null {
		const result = this.#perform(operation, a, b, bytes);
		return typeof result === "number" ? undefined : result;
	}

	#perform(operation: number, a: number, b: number, bytes: Uint8Array | undefined): Result | null {
		if (this.ended) return null;
		// The listener may keep what it is given; the bytes belong to the engine's buffer.
		const seen = this.#options.onOperation && bytes?.length ? new Uint8Array(bytes) : undefined;
		let result: Result | null;
		try {
			result = this.#execute(operation, a, b, bytes);
		} catch (error) {
			result = null;
			const failure = describeForDevice(error);
			// Whoever owns the flash decided that the power goes, and knows it: for the device everything just ends.
			if (error instanceof PowerCut) this.stop();
			else if (failure === undefined) this.#fault = { error };
			else this.#failure = failure;
		}
		this.#options.onOperation?.({ operation, a, b, bytes: seen, result });
		return result;
	}

	#execute(operation: number, a: number, b: number, bytes: Uint8Array = noBytes): Result {
		// These three are most of all operations: a reading of a load cell has some hundred of them.
		switch (operation) {
			case Operation.read:
				return needed(this.#port(a).read)();
			case Operation.write:
				needed(this.#port(a).write)(b);
				return 0;
			case Operation.microseconds:
				return this.milliseconds * 1_000;
			default:
				return this.#executeRare(operation, a, b, bytes);
		}
	}

	#executeRare(operation: number, a: number, b: number, bytes: Uint8Array): Result {
		const { board, clock, firmware, storage, random, log, resetReason, budget, memoryFree, network } = this.#options;
		switch (operation) {
			case Operation.close:
				this.#ports.get(a)?.close();
				this.#ports.delete(a);
				return 0;
			case Operation.resolution:
				return needed(this.#port(a).resolution)();
			case Operation.hz:
				return needed(this.#port(a).hz)();
			case Operation.setTimer:
				this.#schedule(a, clock.now + toNanoseconds(b), undefined);
				return 0;
			case Operation.repeatTimer:
				this.#schedule(a, clock.now + toNanoseconds(b), toNanoseconds(b));
				return 0;
			case Operation.clearTimer:
				this.#clearTimer(a);
				return 0;
			case Operation.ticks:
				return Math.floor(this.milliseconds);
			case Operation.restart:
				this.#restartRequested = true;
				return 0;
			case Operation.memoryFree:
				return memoryFree?.() ?? roomOf(budget ?? esp32s3Budget);
			case Operation.signalStrength:
				return network?.signalStrength?.() ?? NO_SIGNAL;
			case Operation.equipment:
				return (network === undefined ? 0 : 1) + (firmware === undefined ? 0 : 2);
			case Operation.firmwareBytes:
				return needed(firmware).slotBytes;
			case Operation.firmwareState: {
				const { running, state } = needed(firmware);
				return (running === "b" ? 1 : 0) + (state === "trial" ? 2 : 0);
			}
			case Operation.firmwareErase:
				needed(firmware).erase(a);
				return 0;
			case Operation.firmwareActivate:
				needed(firmware).activate();
				return 0;
			case Operation.firmwareConfirm:
				needed(firmware).confirm();
				return 0;
			case Operation.firmwareReject:
				needed(firmware).reject();
				return 0;

			case Operation.failure:
				return encode(this.#failure);
			case Operation.openDigital: {
				const { readable, ...rest } = parseOptions(bytes);
				const onReadable = readable ? () => this.#wake(EventKind.readable, a, 0) : undefined;
				const io = construct(board.io.Digital, { ...rest, onReadable });
				this.#ports.set(a, {
					close: () => io.close(),
					read: () => io.read(),
					write: (value) => io.write(value as Level), // The board refuses what is no level.
				});
				return undefined;
			}
			case Operation.openI2C: {
				const io = construct(board.io.I2C, parseOptions(bytes));
				this.#ports.set(a, {
					close: () => io.close(),
					readBytes: (byteLength, stop) => new Uint8Array(io.read(byteLength, stop)),
					writeBytes: (data, stop) => io.write(data, stop),
				});
				return undefined;
			}
			case Operation.openSPI: {
				const io = construct(board.io.SPI, parseOptions(bytes));
				this.#ports.set(a, {
					close: () => io.close(),
					writeBytes: (data) => io.write(data),
					transfer: (data) => io.transfer(data),
				});
				return undefined;
			}
			case Operation.openPWM: {
				const io = construct(board.io.PWM, parseOptions(bytes));
				this.#ports.set(a, {
					close: () => io.close(),
					write: (duty) => io.write(duty),
					resolution: () => io.resolution,
					hz: () => io.hz,
				});
				return undefined;
			}
			case Operation.openAnalog: {
				const io = construct(board.io.Analog, parseOptions(bytes));
				this.#ports.set(a, { close: () => io.close(), read: () => io.read(), resolution: () => io.resolution });
				return undefined;
			}
			case Operation.openSerial: {
				const { readable, writable, ...rest } = parseOptions(bytes);
				const onReadable = readable ? (count: number) => this.#wake(EventKind.readable, a, count) : undefined;
				const onWritable = writable ? (count: number) => this.#wake(EventKind.writable, a, count) : undefined;
				const io = construct(board.io.Serial, { ...rest, onReadable, onWritable });
				this.#ports.set(a, {
					close: () => io.close(),
					writeBytes: (data) => io.write(data),
					receive: () => {
						const received = io.read();
						return received && new Uint8Array(received);
					},
				});
				return undefined;
			}
			case Operation.openMQTT:
				this.#openMQTT(a, bytes);
				return undefined;
			case Operation.publish: {
				const identifier = Buffer.alloc(4);
				const topic = decode(bytes.subarray(0, b));
				identifier.writeUInt32BE(needed(this.#port(a).publish)(topic, new Uint8Array(bytes.subarray(b))));
				return identifier;
			}
			case Operation.joinWiFi:
				needed(network).joinWiFi?.(decode(bytes.subarray(0, a)), decode(bytes.subarray(a)));
				return undefined;
			case Operation.firmwareWrite:
				needed(firmware).write(a, new Uint8Array(bytes));
				return undefined;
			case Operation.firmwareDigest:
				return needed(firmware).digest(a);
			case Operation.firmwareVerify: {
				const [key, digest, signature] = [bytes.slice(0, 65), bytes.slice(65, 97), bytes.slice(97)];
				return Uint8Array.of(needed(firmware).verify(key, digest, signature) ? 1 : 0);
			}
			case Operation.readBytes:
				return needed(this.#port(a).readBytes)(Math.floor(b / 2), b % 2 === 1);
			case Operation.writeBytes:
				needed(this.#port(a).writeBytes)(new Uint8Array(bytes), b === 1);
				return undefined;
			case Operation.transfer: {
				const buffer = new Uint8Array(bytes);
				needed(this.#port(a).transfer)(buffer);
				return buffer;
			}
			case Operation.receive:
				return needed(this.#port(a).receive)();
			case Operation.readStorage: {
				const value = storage.read(decode(bytes));
				return value && new Uint8Array(value);
			}
			case Operation.writeStorage:
				storage.write(decode(bytes.subarray(0, a)), new Uint8Array(bytes.subarray(a)));
				return undefined;
			case Operation.deleteStorage:
				storage.delete(decode(bytes));
				return undefined;
			case Operation.random:
				return random(a);
			case Operation.log:
				log(decode(bytes.subarray(0, a)), decode(bytes.subarray(a)));
				return undefined;
			case Operation.resetReason:
				return encode(resetReason);
			default:
				throw new RangeError(`The hardware knows no operation ${operation}.`);
		}
	}

	/** Messages wait here until the device fetches them, as bytes wait on a Serial. */
	#openMQTT(handle: number, bytes: Uint8Array): void {
		const { network } = this.#options;
		const waiting: Uint8Array[] = [];
		const session = construct(needed(network).MQTT, {
			...parseOptions(bytes),
			onConnected: () => this.#wake(EventKind.connected, handle, 0),
			onMessage: (topic: string, payload: Uint8Array) => {
				const name = encode(topic);
				const length = Buffer.alloc(2);
				length.writeUInt16BE(name.length);
				const message = Buffer.concat([length, name, payload]);
				waiting.push(message);
				this.#wake(EventKind.readable, handle, message.length);
			},
			onAcknowledged: (identifier: number) => this.#wake(EventKind.acknowledged, handle, identifier),
			onEnded: (why: MQTTEnd) => {
				this.#ports.delete(handle);
				this.#wake(EventKind.ended, handle, sessionEnds.indexOf(why));
			},
		});
		this.#ports.set(handle, {
			close: () => session.close(),
			receive: () => waiting.shift(),
			publish: (topic, payload) => session.publish(topic, payload),
			dropWithPower: true,
		});
	}

	#port(handle: number): Port {
		const port = this.#ports.get(handle);
		if (port === undefined) throw new HardwareError("closed", "This IO instance is closed. Open a new one.");
		return port;
	}

	#schedule(handle: number, dueAt: number, every: number | undefined): void {
		const { clock } = this.#options;
		const cancel = clock.callbackAfter(Math.max(0, dueAt - clock.now), () => {
			this.#cancelTimer.delete(handle);
			if (every !== undefined) this.#schedule(handle, dueAt + every, every);
			this.#firing = handle;
			this.#wake(EventKind.timer, handle, 0);
			this.#firing = undefined;
		});
		this.#cancelTimer.set(handle, cancel);
	}

	#clearTimer(handle: number): void {
		const cancel = this.#cancelTimer.get(handle);
		this.#cancelTimer.delete(handle);
		if (cancel) cancel();
		else if (handle !== this.#firing)
			throw new Error("This timer has fired or was cleared already. Forget its handle when it fires.");
	}

	#wake(kind: number, handle: number, value: number): void {
		if (!this.ended) this.#deliver(kind, handle, value);
	}
}

function needed<Method>(method: Method | undefined): Method {
	if (method === undefined) throw new TypeError("This device, or its IO class, has no such operation.");
	return method;
}

/** Class, kind and message of an error that the device may meet; `undefined` for errors of the simulation itself. */
function describeForDevice(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	if (error instanceof HardwareError) return `HardwareError\n${error.kind}\n${error.message}`;
	if (["Error", "RangeError", "TypeError"].includes(error.name)) return `${error.name}\n\n${error.message}`;
	return undefined;
}

function toNanoseconds(milliseconds: number): number {
	if (!(milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER / nanosecondsPerMillisecond))
		throw new RangeError(`A timer takes 0 or more milliseconds, not ${milliseconds}.`);
	return Math.round(milliseconds * nanosecondsPerMillisecond);
}

/** The IO class checks every option itself; the device may have sent anything. */
function construct<Options extends object, Instance>(
	io: new (options: Options) => Instance,
	options: Readonly<Record<string, unknown>>,
): Instance {
	const present = Object.entries(options).filter(([, value]) => value !== undefined);
	return new io(Object.fromEntries(present) as Options);
}

function parseOptions(bytes: Uint8Array): Record<string, unknown> {
	const value: unknown = JSON.parse(decode(bytes));
	return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Bytes of an empty device's JavaScript; a slot has 16 on the ESP32-S3. */
function roomOf({ slots, chunkBytes }: EngineBudget): number {
	return 16 * slots + chunkBytes;
}

function encode(text: string): Uint8Array {
	return Buffer.from(text, "utf8");
}

function decode(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
