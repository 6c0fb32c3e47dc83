import type { ControllerHost } from "@visionvend/firmware/controller-host";
import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError, type HardwareErrorKind } from "@visionvend/sdk/device/io/hardware-error";
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { IO } from "@visionvend/sdk/device/io/io";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { MQTT, MQTTConstructor, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { PWM, PWMConstructor, PWMOptions } from "@visionvend/sdk/device/io/pwm";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { type Bridge, EventKind, NO_SIGNAL, Operation, sessionEnds } from "./bridge.ts";

// Device code: this module runs on XS, preloaded in ROM, and in Node. It makes a controller's host out of a bridge.

export interface ConnectedDevice {
	readonly host: ControllerHost;
	/** Takes one event (`EventKind`) from the hardware. What the firmware's callback throws comes out. */
	readonly deliver: (kind: number, handle: number, value: number) => void;
}

export function connect(bridge: Bridge): ConnectedDevice {
	const connection = new Connection(bridge);
	const io = {
		Analog: analogOn(connection),
		Digital: digitalOn(connection),
		I2C: i2cOn(connection),
		SPI: spiOn(connection),
		PWM: pwmOn(connection),
		Serial: serialOn(connection),
	};
	const equipment = connection.call(Operation.equipment, 0, 0);
	const network = {
		mqtt: mqttOn(connection),
		joinWiFi: (ssid: string, password: string) => connection.exchangeTexts(Operation.joinWiFi, ssid, password),
	};
	const host: ControllerHost = {
		io,
		...(equipment % 2 === 1 ? network : undefined),
		...(equipment >= 2 ? { firmware: new BridgeFirmware(connection) } : undefined),
		timer: new BridgeTimer(connection),
		storage: new BridgeStorage(connection),
		ticks: () => connection.call(Operation.ticks, 0, 0),
		microseconds: () => connection.call(Operation.microseconds, 0, 0),
		random: (byteLength) => bytesOf(connection.exchange(Operation.random, byteLength, 0)),
		memoryFree: () => connection.call(Operation.memoryFree, 0, 0),
		signalStrength: () => {
			const dBm = connection.call(Operation.signalStrength, 0, 0);
			return dBm === NO_SIGNAL ? undefined : dBm;
		},
		log: (event, detail) => connection.exchangeTexts(Operation.log, event, JSON.stringify(detail)),
		resetReason: decodeUtf8(bytesOf(connection.exchange(Operation.resetReason, 0, 0))),
		restart: () => {
			connection.call(Operation.restart, 0, 0);
		},
	};
	return { host, deliver: (kind, handle, value) => connection.deliver(kind, handle, value) };
}

type Listener = (kind: number, value: number) => void;

/** A bridge that throws where an operation failed, and that knows who listens to events. */
class Connection {
	readonly #bridge: Bridge;
	readonly #listeners = new Map<number, Listener>();
	#lastHandle = 0;

	constructor(bridge: Bridge) {
		this.#bridge = bridge;
	}

	call(operation: number, a: number, b: number): number {
		const result = this.#bridge.call(operation, a, b);
		if (Number.isNaN(result)) throw this.#failure();
		return result;
	}

	exchange(operation: number, a: number, b: number, bytes?: ArrayBuffer | Uint8Array): ArrayBuffer | undefined {
		const result = this.#bridge.exchange(operation, a, b, bytes);
		if (result === null) throw this.#failure();
		return result;
	}

	exchangeTexts(operation: number, first: string, second: string): void {
		this.exchangePair(operation, encodeUtf8(first), encodeUtf8(second));
	}

	exchangePair(operation: number, first: Uint8Array, second: Uint8Array): void {
		this.exchange(operation, first.length, 0, joined(first, second));
	}

	newHandle(): number {
		return ++this.#lastHandle;
	}

	listen(handle: number, listener: Listener): void {
		this.#listeners.set(handle, listener);
	}

	forget(handle: number): void {
		this.#listeners.delete(handle);
	}

	deliver(kind: number, handle: number, value: number): void {
		this.#listeners.get(handle)?.(kind, value);
	}

	#failure(): Error {
		const text = decodeUtf8(bytesOf(this.#bridge.exchange(Operation.failure, 0, 0)));
		const [name, kind, ...lines] = text.split("\n");
		const message = lines.join("\n");
		if (name === "HardwareError") return new HardwareError(kind as HardwareErrorKind, message);
		if (name === "RangeError") return new RangeError(message);
		if (name === "TypeError") return new TypeError(message);
		return new Error(message);
	}
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(first.length + second.length);
	bytes.set(first);
	bytes.set(second, first.length);
	return bytes;
}

function bytesOf(buffer: ArrayBuffer | undefined | null): Uint8Array {
	return buffer ? new Uint8Array(buffer) : new Uint8Array(0);
}

// The IO classes. Each `…Port` lives in ROM with its methods; a device's own constructor only adds the connection.

class Port implements IO {
	protected readonly connection: Connection;
	protected readonly handle: number;
	#closed = false;

	constructor(connection: Connection, operation: number, options: object) {
		this.connection = connection;
		this.handle = connection.newHandle();
		connection.exchange(operation, this.handle, 0, encodeUtf8(JSON.stringify(options)));
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.connection.forget(this.handle);
		this.connection.call(Operation.close, this.handle, 0);
	}
}

class AnalogPort extends Port implements Analog {
	constructor(connection: Connection, options: AnalogOptions) {
		super(connection, Operation.openAnalog, { pin: options.pin });
	}

	get resolution(): number {
		return this.connection.call(Operation.resolution, this.handle, 0);
	}

	read(): number {
		return this.connection.call(Operation.read, this.handle, 0);
	}
}

function analogOn(connection: Connection): AnalogConstructor {
	return class extends AnalogPort {
		constructor(options: AnalogOptions) {
			super(connection, options);
		}
	};
}

class DigitalPort extends Port implements Digital {
	// The numbers are those of Moddable's `embedded:io/digital`.
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	static readonly Output = 8;
	static readonly OutputOpenDrain = 9;
	static readonly Rising = 1;
	static readonly Falling = 2;

	constructor(connection: Connection, options: DigitalOptions) {
		const { pin, mode, edge, initialValue, onReadable } = options;
		super(connection, Operation.openDigital, { pin, mode, edge, initialValue, readable: onReadable !== undefined });
		if (onReadable) connection.listen(this.handle, () => onReadable.call(this));
	}

	read(): Level {
		return this.connection.call(Operation.read, this.handle, 0) === 0 ? 0 : 1;
	}

	write(value: Level): void {
		this.connection.call(Operation.write, this.handle, value);
	}
}

function digitalOn(connection: Connection): DigitalConstructor {
	return class extends DigitalPort {
		constructor(options: DigitalOptions) {
			super(connection, options);
		}
	};
}

class I2CPort extends Port implements I2C {
	constructor(connection: Connection, options: I2COptions) {
		const { data, clock, hz, address, port } = options;
		super(connection, Operation.openI2C, { data, clock, hz, address, port });
	}

	read(byteLength: number, stop = true): ArrayBuffer {
		const argument = 2 * byteLength + (stop ? 1 : 0);
		return this.connection.exchange(Operation.readBytes, this.handle, argument) ?? new ArrayBuffer(0);
	}

	write(buffer: ArrayBuffer | Uint8Array, stop = true): void {
		this.connection.exchange(Operation.writeBytes, this.handle, stop ? 1 : 0, buffer);
	}
}

function i2cOn(connection: Connection): I2CConstructor {
	return class extends I2CPort {
		constructor(options: I2COptions) {
			super(connection, options);
		}
	};
}

class SPIPort extends Port implements SPI {
	constructor(connection: Connection, options: SPIOptions) {
		const { out, in: input, clock, hz, mode, port } = options;
		super(connection, Operation.openSPI, { out, in: input, clock, hz, mode, port });
	}

	write(buffer: ArrayBuffer | Uint8Array): void {
		this.connection.exchange(Operation.writeBytes, this.handle, 0, buffer);
	}

	transfer(buffer: Uint8Array): void {
		const received = this.connection.exchange(Operation.transfer, this.handle, 0, buffer);
		if (received) buffer.set(new Uint8Array(received));
	}
}

function spiOn(connection: Connection): SPIConstructor {
	return class extends SPIPort {
		constructor(options: SPIOptions) {
			super(connection, options);
		}
	};
}

class PWMPort extends Port implements PWM {
	constructor(connection: Connection, options: PWMOptions) {
		const { pin, hz } = options;
		super(connection, Operation.openPWM, { pin, hz });
	}

	get resolution(): number {
		return this.connection.call(Operation.resolution, this.handle, 0);
	}

	get hz(): number {
		return this.connection.call(Operation.hz, this.handle, 0);
	}

	write(duty: number): void {
		this.connection.call(Operation.write, this.handle, duty);
	}
}

function pwmOn(connection: Connection): PWMConstructor {
	return class extends PWMPort {
		constructor(options: PWMOptions) {
			super(connection, options);
		}
	};
}

class SerialPort extends Port implements Serial {
	constructor(connection: Connection, options: SerialOptions) {
		const { receive, transmit, baud, port, format, onReadable, onWritable } = options;
		super(connection, Operation.openSerial, {
			receive,
			transmit,
			baud,
			port,
			format,
			readable: onReadable !== undefined,
			writable: onWritable !== undefined,
		});
		connection.listen(this.handle, (kind, bytes) => {
			if (kind === EventKind.readable) onReadable?.call(this, bytes);
			else onWritable?.call(this, bytes);
		});
	}

	read(): ArrayBuffer | undefined {
		return this.connection.exchange(Operation.receive, this.handle, 0);
	}

	write(buffer: ArrayBuffer | Uint8Array): void {
		this.connection.exchange(Operation.writeBytes, this.handle, 0, buffer);
	}
}

function serialOn(connection: Connection): SerialConstructor {
	return class extends SerialPort {
		constructor(options: SerialOptions) {
			super(connection, options);
		}
	};
}

class MQTTPort extends Port implements MQTT {
	constructor(connection: Connection, options: MQTTOptions) {
		const { host, port, tls, clientId, user, password, subscriptions } = options;
		super(connection, Operation.openMQTT, { host, port, tls, clientId, user, password, subscriptions });
		connection.listen(this.handle, (kind, value) => {
			if (kind === EventKind.readable) this.#receive(options);
			else if (kind === EventKind.connected) options.onConnected();
			else if (kind === EventKind.acknowledged) options.onAcknowledged(value);
			else this.#end(options, value);
		});
	}

	publish(topic: string, payload: Uint8Array): number {
		const name = encodeUtf8(topic);
		const reply = this.connection.exchange(Operation.publish, this.handle, name.length, joined(name, payload));
		const [a = 0, b = 0, c = 0, d = 0] = bytesOf(reply);
		return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
	}

	#receive(options: MQTTOptions): void {
		const bytes = bytesOf(this.connection.exchange(Operation.receive, this.handle, 0));
		const [high = 0, low = 0] = bytes;
		const payloadAt = 2 + 256 * high + low;
		options.onMessage(decodeUtf8(bytes.subarray(2, payloadAt)), bytes.subarray(payloadAt));
	}

	#end(options: MQTTOptions, value: number): void {
		this.connection.forget(this.handle);
		options.onEnded(sessionEnds[value] ?? "lost");
	}
}

function mqttOn(connection: Connection): MQTTConstructor {
	return class extends MQTTPort {
		constructor(options: MQTTOptions) {
			super(connection, options);
		}
	};
}

class BridgeFirmware implements FirmwareSlots {
	readonly #connection: Connection;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	get running(): "a" | "b" {
		return this.#connection.call(Operation.firmwareState, 0, 0) % 2 === 1 ? "b" : "a";
	}

	get state(): "confirmed" | "trial" {
		return this.#connection.call(Operation.firmwareState, 0, 0) >= 2 ? "trial" : "confirmed";
	}

	get slotBytes(): number {
		return this.#connection.call(Operation.firmwareBytes, 0, 0);
	}

	erase(byteLength: number): void {
		this.#connection.call(Operation.firmwareErase, byteLength, 0);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.#connection.exchange(Operation.firmwareWrite, offset, 0, bytes);
	}

	digest(byteLength: number): Uint8Array {
		return bytesOf(this.#connection.exchange(Operation.firmwareDigest, byteLength, 0));
	}

	verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
		const bytes = joined(joined(publicKey, digest), signature);
		return bytesOf(this.#connection.exchange(Operation.firmwareVerify, 0, 0, bytes))[0] === 1;
	}

	activate(): void {
		this.#connection.call(Operation.firmwareActivate, 0, 0);
	}

	confirm(): void {
		this.#connection.call(Operation.firmwareConfirm, 0, 0);
	}

	reject(): void {
		this.#connection.call(Operation.firmwareReject, 0, 0);
	}
}

class BridgeTimer implements Timer {
	readonly #connection: Connection;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	set(callback: () => void, milliseconds: number): TimerHandle {
		const handle = this.#connection.newHandle();
		this.#connection.call(Operation.setTimer, handle, milliseconds);
		this.#connection.listen(handle, () => {
			this.#connection.forget(handle);
			callback();
		});
		return handle;
	}

	repeat(callback: () => void, milliseconds: number): TimerHandle {
		const handle = this.#connection.newHandle();
		this.#connection.call(Operation.repeatTimer, handle, milliseconds);
		this.#connection.listen(handle, callback);
		return handle;
	}

	clear(handle: TimerHandle): void {
		if (typeof handle !== "number") return;
		this.#connection.forget(handle);
		this.#connection.call(Operation.clearTimer, handle, 0);
	}
}

class BridgeStorage implements KeyValue {
	readonly #connection: Connection;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	read(key: string): ArrayBuffer | undefined {
		return this.#connection.exchange(Operation.readStorage, 0, 0, encodeUtf8(key));
	}

	write(key: string, value: ArrayBuffer | Uint8Array): void {
		const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
		this.#connection.exchangePair(Operation.writeStorage, encodeUtf8(key), bytes);
	}

	delete(key: string): void {
		this.#connection.exchange(Operation.deleteStorage, 0, 0, encodeUtf8(key));
	}
}
