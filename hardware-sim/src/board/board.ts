import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import type { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { createAnalog, requireAnalogPin } from "./analog.ts";
import { type BoardHost, pinName } from "./board-host.ts";
import { BoardTimer } from "./board-timer.ts";
import { createDigital } from "./digital.ts";
import { createI2C } from "./i2c.ts";
import type { I2CTarget } from "./i2c-target.ts";
import { createPWM } from "./pwm.ts";
import { createSerial } from "./serial.ts";
import type { SerialWire } from "./serial-wire.ts";
import { createSPI } from "./spi.ts";

/** What one access to a GPIO register costs on an ESP32-S3 through Moddable's IO classes, about. */
const accessNs = 300;
/** A high CMOS output. */
const supplyVolts = 3.3;

/** What an analog pin sees: volts, or a function that is asked at every conversion, with its noise and its drift. */
export type Voltage = number | (() => number);

interface Claim {
	readonly owner: string;
	readonly pins: readonly PinSpecifier[];
	/** What a shared bus is used for; undefined where the pins are not shared. */
	readonly use: string | undefined;
	readonly cutPower: () => void;
}

/** Asked at every transaction. Answers the part that the bus talks to instead. */
export type I2CInterposer = (target: I2CTarget, address: number) => I2CTarget;

/**
 * A microcontroller board: pins on nets, and the ECMA-419 IO classes on the pins.
 *
 * ```ts
 * const board = new Board({ clock: new SimulationClock() });
 * const led = new board.io.Digital({ pin: 4, mode: board.io.Digital.Output });
 * ```
 *
 * ## For chip authors
 * Solder a chip to `board.net(pin)`, to an I2C bus with `attachI2C`, to a UART with `attachSerial`.
 * ## For driver authors
 * Take constructors from `board.io` and time from `board.timer`: a driver cannot tell them from a device's.
 */
export class Board {
	readonly clock: SimulationClock;
	readonly name: string;
	readonly io: {
		readonly Analog: AnalogConstructor;
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly SPI: SPIConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
	};
	/** The device's timer: script lane, silent after `reset`. */
	readonly timer: Timer;
	readonly #timer: BoardTimer;
	readonly #nets = new Map<PinSpecifier, Net>();
	readonly #voltages = new Map<PinSpecifier, Voltage>();
	readonly #claims = new Set<Claim>();
	readonly #i2cTargets = new Map<string, I2CTarget>();
	#i2cInterposers: readonly I2CInterposer[] = [];
	readonly #serialWires = new Map<string, SerialWire>();
	#stalls: { remaining: number; readonly ns: number }[] = [];

	/**
	 * `busEdges`: I2C puts every bit on SDA and SCL, for a trace that a protocol decoder reads. A full picture of a
	 * display is 28,000 edges, so it is off where not given. Time passes alike.
	 */
	constructor(options: { clock: SimulationClock; name?: string; busEdges?: boolean }) {
		this.clock = options.clock;
		this.name = options.name ?? "board";
		this.#timer = new BoardTimer(this.clock);
		this.timer = this.#timer;
		const host: BoardHost = {
			clock: this.clock,
			busEdges: options.busEdges ?? false,
			net: (pin) => this.net(pin),
			claim: (owner, pins, cutPower) => this.#claim({ owner, pins, use: undefined, cutPower }),
			claimShared: (owner, pins, use, cutPower) => this.#claim({ owner, pins, use, cutPower }),
			access: (ns) => this.#access(ns),
			voltage: (pin) => this.voltage(pin),
			i2cTarget: (data, clock, address) => {
				const target = this.#i2cTargets.get(busKey(data, clock, address));
				return target && this.#i2cInterposers.reduce((inner, interpose) => interpose(inner, address), target);
			},
			serialWire: (receive, transmit) => this.#serialWires.get(busKey(receive, transmit)),
		};
		this.io = {
			Analog: createAnalog(host),
			Digital: createDigital(host),
			I2C: createI2C(host),
			SPI: createSPI(host),
			PWM: createPWM(host),
			Serial: createSerial(host),
		};
	}

	/** Every net that somebody asked for. */
	get nets(): ReadonlyMap<PinSpecifier, Net> {
		return this.#nets;
	}

	/** The net on a pin. `label` names it for traces and pictures: `"lock coil"`. */
	net(pin: PinSpecifier, label?: string): Net {
		let net = this.#nets.get(pin);
		if (net === undefined) {
			net = new Net(pinName(pin), this.clock);
			this.#nets.set(pin, net);
		}
		if (label !== undefined) net.rename(label);
		return net;
	}

	/** Puts a voltage on a pin that has an analog-to-digital converter. `Analog` there converts it. */
	setVoltage(pin: PinSpecifier, volts: Voltage): void {
		requireAnalogPin(`Board ${this.name}`, pin);
		this.#voltages.set(pin, volts);
	}

	/** Volts on a pin now: those of `setVoltage`, else the level of its net. A pin that floats has 0 V. */
	voltage(pin: PinSpecifier): number {
		const voltage = this.#voltages.get(pin);
		if (voltage === undefined) return this.net(pin).level === 1 ? supplyVolts : 0;
		const volts = typeof voltage === "number" ? voltage : voltage();
		if (!Number.isFinite(volts))
			throw new RangeError(`Board ${this.name}: ${pinName(pin)} has ${volts} V. Give a number.`);
		return volts;
	}

	attachI2C(pins: { data: PinSpecifier; clock: PinSpecifier }, address: number, target: I2CTarget): void {
		const key = busKey(pins.data, pins.clock, address);
		if (this.#i2cTargets.has(key))
			throw new Error(`Board ${this.name}: two parts at I2C address ${address} on ${pinName(pins.data)}.`);
		this.#i2cTargets.set(key, target);
		this.net(pins.data).pull(1);
		this.net(pins.clock).pull(1);
	}

	/** Unplugs a part: the next transaction finds nobody. */
	detachI2C(pins: { data: PinSpecifier; clock: PinSpecifier }, address: number): void {
		this.#i2cTargets.delete(busKey(pins.data, pins.clock, address));
	}

	/** Puts something between the I2C buses and their parts: a fault, a listener. Returns the function that takes it away. */
	interposeI2C(interposer: I2CInterposer): () => void {
		this.#i2cInterposers = [...this.#i2cInterposers, interposer];
		return () => {
			this.#i2cInterposers = this.#i2cInterposers.filter((other) => other !== interposer);
		};
	}

	/** Pins as the board names them: `receive` is where the board listens. Attach before the UART is opened. */
	attachSerial(pins: { receive: PinSpecifier; transmit: PinSpecifier }, wire: SerialWire): void {
		this.#serialWires.set(busKey(pins.receive, pins.transmit), wire);
	}

	/**
	 * Makes one later GPIO access take `ns` longer, as an interrupt would: the one `whenNth` from now, 1 is the next.
	 * Returns the function that calls it off.
	 */
	stall(ns: number, whenNth: number): () => void {
		if (!Number.isInteger(whenNth) || whenNth < 1)
			throw new RangeError(`Board.stall: whenNth is an integer, 1 or more, not ${whenNth}.`);
		const stall = { remaining: whenNth, ns };
		this.#stalls.push(stall);
		return () => {
			this.#stalls = this.#stalls.filter((other) => other !== stall);
		};
	}

	/** Power cut or reset of the microcontroller: every open IO is gone without a callback, every pin floats, timers stop. */
	reset(): void {
		this.#timer.stop();
		const claims = [...this.#claims];
		this.#claims.clear();
		for (const claim of claims) claim.cutPower();
	}

	#access(costNs = accessNs): void {
		let ns = costNs;
		if (this.#stalls.length > 0) {
			for (const stall of this.#stalls) {
				stall.remaining--;
				if (stall.remaining === 0) ns += stall.ns;
			}
			this.#stalls = this.#stalls.filter((stall) => stall.remaining > 0);
		}
		this.clock.spend(ns);
	}

	#claim(claim: Claim): () => void {
		for (const held of this.#claims) {
			for (const pin of claim.pins) {
				if (!held.pins.includes(pin)) continue;
				const sharesBus =
					claim.use !== undefined &&
					held.use !== undefined &&
					held.use !== claim.use &&
					held.owner === claim.owner &&
					held.pins.every((heldPin, index) => heldPin === claim.pins[index]);
				if (sharesBus) continue;
				throw new HardwareError(
					"in-use",
					`${claim.owner}: ${pinName(pin)} is in use by ${held.owner}${held.use === undefined ? "" : ` (${held.use})`}. Close that first, or choose another pin.`,
				);
			}
		}
		this.#claims.add(claim);
		return () => {
			this.#claims.delete(claim);
		};
	}
}

function busKey(...parts: readonly PinSpecifier[]): string {
	return JSON.stringify(parts);
}
