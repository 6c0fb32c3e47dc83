import { EventEmitter } from "node:events";
import { visionvendS3 } from "@visionvend/sdk/boards/visionvend-s3";
import type { Analog } from "@visionvend/sdk/device/io/analog";
import type { Digital, Level } from "@visionvend/sdk/device/io/digital";
import type { I2C } from "@visionvend/sdk/device/io/i2c";
import type { IO } from "@visionvend/sdk/device/io/io";
import type { PWM } from "@visionvend/sdk/device/io/pwm";
import type { Board } from "../board/board.ts";
import type { WallTime } from "./wall-time.ts";

/** Modes of Firmata's protocol, which IO plugins share. */
const modes = Object.freeze({
	INPUT: 0,
	OUTPUT: 1,
	ANALOG: 2,
	PWM: 3,
	SERVO: 4,
	SHIFT: 5,
	I2C: 6,
	ONEWIRE: 7,
	STEPPER: 8,
	SERIAL: 10,
	PULLUP: 11,
	IGNORE: 127,
});

/** One pin as IO plugins describe it. */
export interface SimIOPin {
	supportedModes: readonly number[];
	mode: number;
	value: number;
	report: number;
	analogChannel: number;
}

export interface SimIOOptions {
	readonly board: Board;
	/** Lets the board's clock follow real time: johnny-five programs use real timers. */
	readonly time: WallTime;
	/** The bus that `i2cConfig` and the rest speak on; data 10 and clock 11 where not given. */
	readonly i2c?: { readonly data: number; readonly clock: number; readonly hz?: number };
}

type Handler = (value: number) => void;
type BytesHandler = (bytes: number[]) => void;

const servoHz = 50;
const shortestServoPulseUs = 544;
const longestServoPulseUs = 2_400;
const notAnalog = 127;

/**
 * A simulated board as an IO plugin for johnny-five: `new five.Board({ io: new SimIO({ board, time }) })`. Pins are GPIO
 * numbers of the ESP32-S3-DevKitC-1; `A0` to `A17` are its analog inputs, GPIO 1 to 18.
 *
 * Follows the IO plugin specification (rwaldron/io-plugins): what the board has works, what it lacks throws a sentence,
 * and what does not matter calls back.
 */
export class SimIO extends EventEmitter {
	readonly name = "VisionVend simulator";
	readonly MODES = modes;
	readonly HIGH = 1;
	readonly LOW = 0;
	readonly SERIAL_PORT_IDs = Object.freeze({ DEFAULT: 0 });
	readonly RESOLUTION = Object.freeze({ ADC: 4_095, DAC: 0, PWM: 255 });
	readonly pins: SimIOPin[] = [];
	/** GPIO of each analog channel. */
	readonly analogPins: number[] = [];
	readonly defaultLed = 21;
	isReady = false;
	readonly #board: Board;
	readonly #time: WallTime;
	readonly #bus: { readonly data: number; readonly clock: number; readonly hz: number };
	readonly #digital = new Map<number, { readonly mode: number; readonly io: Digital }>();
	readonly #pwm = new Map<number, { readonly hz: number; readonly io: PWM }>();
	readonly #analog = new Map<number, Analog>();
	readonly #targets = new Map<number, I2C>();
	readonly #listeners = new Map<number, Handler[]>();
	readonly #servos = new Map<number, readonly [number, number]>();
	readonly #repeating: (() => void)[] = [];
	/** Ends of the readings of each analog pin: a pin that gets another mode is not read any more. */
	readonly #readers = new Map<number, readonly (() => void)[]>();
	#samplingMs = 20;

	constructor(options: SimIOOptions) {
		super();
		this.#board = options.board;
		this.#time = options.time;
		this.#bus = { data: 10, clock: 11, hz: 400_000, ...options.i2c };
		for (const { gpio, can } of visionvendS3.pins) {
			const analog = can.includes("adc");
			const digital = can.includes("digital") ? [modes.INPUT, modes.OUTPUT, modes.PULLUP] : [];
			const pulsed = can.includes("pwm") ? [modes.PWM, modes.SERVO] : [];
			const bus = gpio === this.#bus.data || gpio === this.#bus.clock ? [modes.I2C] : [];
			this.pins[gpio] = {
				supportedModes: [...digital, ...(analog ? [modes.ANALOG] : []), ...pulsed, ...bus],
				mode: modes.IGNORE,
				value: 0,
				report: 1,
				analogChannel: analog ? this.analogPins.length : notAnalog,
			};
			if (analog) this.analogPins.push(gpio);
		}
		// Numbers that the board does not have are pins that can do nothing: johnny-five wants a list without holes.
		for (let gpio = 0; gpio < this.pins.length; gpio++)
			this.pins[gpio] ??= { supportedModes: [], mode: modes.IGNORE, value: 0, report: 0, analogChannel: notAnalog };
		this.#time.follow(this.#board.clock);
		// johnny-five listens once the Board is made, in a later turn.
		setImmediate(() => {
			this.emit("connect");
			this.isReady = true;
			this.emit("ready");
		});
	}

	/** `A0` is analog channel 0; everything else is a GPIO number as it stands. */
	normalize(pin: number | string): number | string {
		const channel = typeof pin === "string" ? /^A(\d+)$/.exec(pin)?.[1] : undefined;
		return channel === undefined ? pin : Number(channel);
	}

	pinMode(pin: number, mode: number): void {
		// The one mode whose number is that of a channel.
		if (mode === modes.ANALOG) {
			this.#openAnalog(this.#channel(pin));
			return;
		}
		const gpio = this.#pin(pin);
		const state = this.#state(gpio);
		state.mode = mode;
		if (mode === modes.OUTPUT || mode === modes.INPUT || mode === modes.PULLUP) this.#openDigital(gpio, mode);
		else if (mode === modes.PWM) this.#openPWM(gpio, 1_000);
		else if (mode === modes.SERVO) this.#openPWM(gpio, servoHz);
		else if (mode !== modes.I2C) throw new Error(`SimIO: GPIO${gpio} has no mode ${mode} in the simulator.`);
		this.#run();
	}

	digitalWrite(pin: number, value: number): void {
		const gpio = this.#pin(pin);
		const level: Level = value ? 1 : 0;
		const open = this.#digital.get(gpio);
		this.#state(gpio).value = level;
		// Firmata's way to ask for a pull-up: a 1 on an input.
		if (open && open.mode !== modes.OUTPUT) this.#openDigital(gpio, level === 1 ? modes.PULLUP : modes.INPUT);
		else this.#openDigital(gpio, modes.OUTPUT).write(level);
		this.#run();
	}

	digitalRead(pin: number, handler: Handler): void {
		const gpio = this.#pin(pin);
		this.#listeners.set(gpio, [...(this.#listeners.get(gpio) ?? []), handler]);
		const open = this.#digital.get(gpio) ?? { io: this.#openDigital(gpio, modes.INPUT) };
		this.#time.soon(() => this.#tell(gpio, open.io.read()));
	}

	/** `value`: 0 to 255. */
	pwmWrite(pin: number, value: number): void {
		const gpio = this.#pin(pin);
		const io = this.#openPWM(gpio, 1_000);
		const clamped = Math.min(this.RESOLUTION.PWM, Math.max(0, value));
		this.#state(gpio).value = clamped;
		io.write(Math.round((clamped / this.RESOLUTION.PWM) * (2 ** io.resolution - 1)));
		this.#run();
	}

	analogWrite(pin: number, value: number): void {
		this.pwmWrite(pin, value);
	}

	/** `channel`: index into `analogPins`. Calls back with 0 to 4,095 at each sampling interval. */
	analogRead(channel: number, handler: Handler): void {
		const gpio = this.#channel(channel);
		const analog = this.#openAnalog(gpio);
		this.#readers.set(gpio, [
			...(this.#readers.get(gpio) ?? []),
			this.#time.every(
				() => this.#samplingMs,
				() => {
					const value = analog.read();
					this.#state(gpio).value = value;
					handler(value);
					this.emit(`analog-read-${channel}`, value);
				},
			),
		]);
	}

	servoConfig(pin: number, shortestUs: number, longestUs: number): void {
		const gpio = this.#pin(pin);
		this.#servos.set(gpio, [shortestUs, longestUs]);
		this.#openPWM(gpio, servoHz);
	}

	/** `value`: degrees up to 180, microseconds from 544 on. */
	servoWrite(pin: number, value: number): void {
		const gpio = this.#pin(pin);
		const [shortest, longest] = this.#servos.get(gpio) ?? [shortestServoPulseUs, longestServoPulseUs];
		const pulseUs = value < shortestServoPulseUs ? shortest + (value / 180) * (longest - shortest) : value;
		const io = this.#openPWM(gpio, servoHz);
		this.#state(gpio).value = value;
		io.write(Math.round(pulseUs * 1e-6 * servoHz * 2 ** io.resolution));
		this.#run();
	}

	i2cConfig(): void {
		// The bus is there; each address is opened when it is first spoken to.
	}

	i2cWrite(address: number, registerOrBytes: number | readonly number[], bytes: readonly number[] = []): void {
		const sent = typeof registerOrBytes === "number" ? [registerOrBytes, ...bytes] : registerOrBytes;
		this.#target(address).write(Uint8Array.from(sent));
		this.#run();
	}

	i2cWriteReg(address: number, register: number, byte: number): void {
		this.i2cWrite(address, [register, byte]);
	}

	/** `i2cReadOnce(address, [register,] byteLength, handler)`. */
	i2cReadOnce(address: number, ...rest: readonly (number | BytesHandler)[]): void {
		const { register, byteLength, handler } = readArguments(rest);
		this.#time.soon(() => handler(this.#read(address, register, byteLength)));
	}

	/** The same at every sampling interval. */
	i2cRead(address: number, ...rest: readonly (number | BytesHandler)[]): void {
		const { register, byteLength, handler } = readArguments(rest);
		this.#repeating.push(
			this.#time.every(
				() => this.#samplingMs,
				() => handler(this.#read(address, register, byteLength)),
			),
		);
	}

	setSamplingInterval(milliseconds: number): void {
		this.#samplingMs = Math.min(65_535, Math.max(1, milliseconds));
	}

	reset(): void {
		this.close();
	}

	/** Gives every pin back and lets the clock go. */
	close(): void {
		for (const stop of [...this.#repeating.splice(0), ...[...this.#readers.values()].flat()]) stop();
		for (const { io } of this.#digital.values()) io.close();
		for (const { io } of this.#pwm.values()) io.close();
		for (const io of [...this.#analog.values(), ...this.#targets.values()]) io.close();
		for (const map of [this.#digital, this.#pwm, this.#analog, this.#targets, this.#listeners, this.#readers])
			map.clear();
		this.#time.leave();
	}

	#channel(channel: number): number {
		const gpio = this.analogPins[channel];
		if (gpio !== undefined) return gpio;
		throw new RangeError(`SimIO: there is no analog channel ${channel}; A0 to A${this.analogPins.length - 1} are.`);
	}

	#pin(pin: number): number {
		if (this.pins[pin] && this.pins[pin].supportedModes.length > 0) return pin;
		const { refused } = visionvendS3.pins.find(({ gpio }) => gpio === pin) ?? {};
		throw new RangeError(`SimIO: GPIO${pin} ${refused ?? visionvendS3.absent}. Choose another pin.`);
	}

	#state(gpio: number): SimIOPin {
		const state = this.pins[gpio];
		if (state === undefined) throw new RangeError(`SimIO: there is no GPIO${gpio}.`);
		return state;
	}

	#openDigital(gpio: number, mode: number): Digital {
		const open = this.#digital.get(gpio);
		if (open?.mode === mode) return open.io;
		this.#closeOf(gpio);
		const { Digital } = this.#board.io;
		const tell = (): void => this.#tell(gpio, io.read());
		const io: Digital =
			mode === modes.OUTPUT
				? new Digital({ pin: gpio, mode: Digital.Output })
				: new Digital({
						pin: gpio,
						mode: mode === modes.PULLUP ? Digital.InputPullUp : Digital.Input,
						edge: Digital.Rising | Digital.Falling,
						onReadable: tell,
					});
		this.#digital.set(gpio, { mode, io });
		this.#state(gpio).mode = mode;
		return io;
	}

	#openPWM(gpio: number, hz: number): PWM {
		const open = this.#pwm.get(gpio);
		if (open?.hz === hz) return open.io;
		this.#closeOf(gpio);
		const io = new this.#board.io.PWM({ pin: gpio, hz });
		this.#pwm.set(gpio, { hz, io });
		this.#state(gpio).mode = hz === servoHz ? modes.SERVO : modes.PWM;
		return io;
	}

	#openAnalog(gpio: number): Analog {
		const open = this.#analog.get(gpio);
		if (open) return open;
		this.#closeOf(gpio);
		const io = new this.#board.io.Analog({ pin: gpio });
		this.#analog.set(gpio, io);
		this.#state(gpio).mode = modes.ANALOG;
		return io;
	}

	#target(address: number): I2C {
		const open = this.#targets.get(address);
		if (open) return open;
		const { data, clock, hz } = this.#bus;
		const io = new this.#board.io.I2C({ data, clock, hz, address });
		this.#targets.set(address, io);
		return io;
	}

	#read(address: number, register: number | undefined, byteLength: number): number[] {
		const target = this.#target(address);
		if (register !== undefined) target.write(Uint8Array.of(register), false);
		return [...new Uint8Array(target.read(byteLength))];
	}

	#closeOf(gpio: number): void {
		const open: (IO | undefined)[] = [this.#digital.get(gpio)?.io, this.#pwm.get(gpio)?.io, this.#analog.get(gpio)];
		for (const stop of this.#readers.get(gpio) ?? []) stop();
		this.#readers.delete(gpio);
		for (const io of open) io?.close();
		this.#digital.delete(gpio);
		this.#pwm.delete(gpio);
		this.#analog.delete(gpio);
	}

	#tell(gpio: number, level: Level): void {
		this.#state(gpio).value = level;
		for (const handler of this.#listeners.get(gpio) ?? []) handler(level);
		this.emit(`digital-read-${gpio}`, level);
	}

	/** What a write has brought about happens now, not at the next tick. */
	#run(): void {
		this.#time.catchUp();
	}
}

function readArguments(rest: readonly (number | BytesHandler)[]): {
	readonly register: number | undefined;
	readonly byteLength: number;
	readonly handler: BytesHandler;
} {
	const numbers = rest.filter((value) => typeof value === "number");
	const handler = rest.find((value) => typeof value === "function");
	const byteLength = numbers.at(-1);
	if (handler === undefined || byteLength === undefined)
		throw new TypeError("SimIO: reading needs an address, perhaps a register, a number of bytes and a handler.");
	return { register: numbers.length > 1 ? numbers[0] : undefined, byteLength, handler };
}
