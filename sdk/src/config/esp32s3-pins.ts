/**
 * What the pins of an ESP32-S3-DevKitC-1-N16R8 (16 MB flash, 8 MB octal PSRAM) can be used for. Sources: ESP32-S3 series
 * datasheet, "Pins" and "Strapping Pins"; ESP-IDF programming guide, "GPIO & RTC GPIO" for ESP32-S3; the board's user
 * guide. Pin maps for the classic ESP32 do not carry over.
 */

const reasons: readonly { readonly from: number; readonly to: number; readonly reason: string }[] = [
	{ from: 0, to: 0, reason: "selects the boot mode at reset, and the BOOT button pulls it low" },
	{ from: 3, to: 3, reason: "selects the JTAG source at reset" },
	{ from: 19, to: 20, reason: "is a data line of the USB port" },
	{ from: 22, to: 25, reason: "does not exist on the ESP32-S3" },
	{ from: 26, to: 32, reason: "carries flash and PSRAM on the ESP32-S3" },
	{ from: 33, to: 37, reason: "carries the octal PSRAM of N16R8 modules" },
	{ from: 42, to: 42, reason: "is the clock of the SPI port that feeds the NeoPixel" },
	{ from: 43, to: 44, reason: "is the debug UART, over which the board is flashed" },
	{ from: 45, to: 45, reason: "selects the flash voltage at reset" },
	{ from: 46, to: 46, reason: "selects what the boot ROM does at reset" },
];

/** Pins that a machine may use, the least encumbered first: 39 to 41 double as JTAG, 38 and 48 light the board's own LED. */
export const usablePins: readonly number[] = [
	4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 1, 2, 21, 47, 39, 40, 41, 38, 48,
];

/** ADC1, channels 0 to 9. ADC2 cannot measure while Wi-Fi is on. */
const firstAnalogPin = 1;
const lastAnalogPin = 10;

/** One wire: which key of the configuration takes which pin. */
export interface PinUse {
	/** `pins.hall_sensor`, `pins.hx711_sck[2]`. */
	readonly key: string;
	readonly pin: number;
	/** The pin has to measure a voltage. */
	readonly analog?: boolean;
	/** One of the two wires of an I2C bus. Parts share both wires of a bus or neither. */
	readonly bus?: { readonly wire: "data" | "clock"; readonly part: string };
}

export interface PinProblem {
	readonly key: string;
	readonly pin: number;
	/** Continues "pin 27 …". */
	readonly reason: string;
	/** Pins that would do and that nothing takes, at most three. */
	readonly free: readonly number[];
}

/** Why a pin is not for use, or `undefined` when it is. Continues "pin 27 …". */
export function reasonAgainstPin(pin: number): string | undefined {
	if (usablePins.includes(pin)) {
		return undefined;
	}
	return reasons.find(({ from, to }) => pin >= from && pin <= to)?.reason ?? "does not exist on the ESP32-S3";
}

/** Checks all wires of one machine together. Empty when the map is legal. */
export function checkPins(uses: readonly PinUse[]): PinProblem[] {
	const taken = new Set(uses.map((use) => use.pin));
	const problems: PinProblem[] = [];
	for (const [index, use] of uses.entries()) {
		const reason = reasonAgainstPin(use.pin) ?? reasonAgainstUse(use, uses.slice(0, index), uses);
		if (reason !== undefined) {
			const free = usablePins.filter((pin) => !taken.has(pin) && (use.analog !== true || isAnalog(pin)));
			problems.push({ key: use.key, pin: use.pin, reason, free: free.slice(0, 3) });
		}
	}
	return problems;
}

function reasonAgainstUse(use: PinUse, before: readonly PinUse[], all: readonly PinUse[]): string | undefined {
	if (use.analog === true && !isAnalog(use.pin)) {
		return `cannot measure a voltage: only ADC1, pins ${firstAnalogPin} to ${lastAnalogPin}, works beside Wi-Fi`;
	}
	const holder = before.find((other) => other.pin === use.pin);
	if (holder === undefined) {
		return undefined;
	}
	if (holder.bus === undefined || use.bus === undefined) {
		return `is taken by ${holder.key} already`;
	}
	if (holder.bus.wire !== use.bus.wire) {
		return `is the ${holder.bus.wire} wire of ${holder.key} already`;
	}
	const otherWire = (part: string): number | undefined =>
		all.find((other) => other.bus?.part === part && other.bus.wire !== use.bus?.wire)?.pin;
	if (otherWire(holder.bus.part) !== otherWire(use.bus.part)) {
		return `is shared with ${holder.key}, but the other wire of that bus is not`;
	}
	return undefined;
}

function isAnalog(pin: number): boolean {
	return pin >= firstAnalogPin && pin <= lastAnalogPin;
}
