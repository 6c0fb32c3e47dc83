import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";
import type { I2CTarget } from "./i2c-target.ts";
import type { SerialWire } from "./serial-wire.ts";

/** What a board gives to its IO classes. */
export interface BoardHost {
	readonly clock: SimulationClock;
	/** I2C shows its edges on SDA and SCL. */
	readonly busEdges: boolean;
	net(pin: PinSpecifier): Net;
	/**
	 * Takes every pin or none; a pin that is held already throws `in-use`. `cutPower` is called when the board loses
	 * its power while the pins are held. Returns the function that gives them back.
	 */
	claim(owner: string, pins: readonly PinSpecifier[], cutPower: () => void): () => void;
	/** Like `claim`, for a bus that several instances share; `use` tells which part of it is taken. */
	claimShared(owner: string, pins: readonly PinSpecifier[], use: string, cutPower: () => void): () => void;
	/** Pays for one access to the hardware: `ns`, or where not given what a GPIO register costs. A stall may come on top. */
	access(ns?: number): void;
	/** Volts on a pin, at this moment. */
	voltage(pin: PinSpecifier): number;
	i2cTarget(data: PinSpecifier, clock: PinSpecifier, address: number): I2CTarget | undefined;
	serialWire(receive: PinSpecifier, transmit: PinSpecifier): SerialWire | undefined;
}

/** How people call a pin: `GPIO14`, or its own name. */
export function pinName(pin: PinSpecifier): string {
	return typeof pin === "number" ? `GPIO${pin}` : pin;
}

/** Scripts are not type-checked at run time: a missing pin must not reach a net. */
export function requirePin(owner: string, option: string, pin: unknown): PinSpecifier {
	if (typeof pin === "number" && Number.isInteger(pin) && pin >= 0) return pin;
	if (typeof pin === "string" && pin !== "") return pin;
	throw new TypeError(`${owner}: option "${option}" is a GPIO number or a pin name, not ${String(pin)}.`);
}

export function requireNumber(owner: string, option: string, value: unknown, lowest: number, highest: number): number {
	if (typeof value === "number" && value >= lowest && value <= highest) return value;
	throw new RangeError(`${owner}: option "${option}" is a number from ${lowest} to ${highest}, not ${String(value)}.`);
}

/** An optional callback: absent, or a function. */
export function checkCallback(owner: string, option: string, value: unknown): void {
	if (value !== undefined && typeof value !== "function")
		throw new TypeError(`${owner}: option "${option}" is a function, not ${typeof value}.`);
}

export function closedError(owner: string): HardwareError {
	return new HardwareError("closed", `${owner} is closed. Open a new instance.`);
}

/** The bytes of a buffer that a script passed, without copying them. */
export function bytesOf(owner: string, buffer: ArrayBuffer | Uint8Array): Uint8Array {
	if (buffer instanceof Uint8Array) return buffer;
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	throw new TypeError(`${owner}: pass an ArrayBuffer or a Uint8Array.`);
}
