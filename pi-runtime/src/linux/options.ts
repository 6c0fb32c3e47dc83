import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";

/*
	Options come from scripts that no compiler has seen, so every IO class checks what it is given before it takes a pin.
*/

/** How people call a pin: `GPIO14`, or its own name. */
export function pinName(pin: PinSpecifier): string {
	return typeof pin === "number" ? `GPIO${pin}` : pin;
}

export function requireOptions(owner: string, options: unknown): void {
	if (typeof options !== "object" || options === null) throw new TypeError(`${owner}: options are required.`);
}

export function requirePin(owner: string, option: string, pin: unknown): PinSpecifier {
	if (typeof pin === "number" && Number.isInteger(pin) && pin >= 0) return pin;
	if (typeof pin === "string" && pin !== "") return pin;
	throw new TypeError(`${owner}: option "${option}" is a GPIO number or a pin name, not ${String(pin)}.`);
}

export function optionalPin(owner: string, option: string, pin: unknown): PinSpecifier | undefined {
	return pin === undefined ? undefined : requirePin(owner, option, pin);
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

/** The bytes of a buffer that a script passed, without copying them. */
export function bytesOf(owner: string, buffer: ArrayBuffer | Uint8Array): Uint8Array {
	if (buffer instanceof Uint8Array) return buffer;
	if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
	throw new TypeError(`${owner}: pass an ArrayBuffer or a Uint8Array.`);
}

export function closedError(owner: string): HardwareError {
	return new HardwareError("closed", `${owner} is closed. Open a new instance.`);
}
