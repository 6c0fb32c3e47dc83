import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";

/**
 * GPIOs of the ESP32-S3-DevKitC-1-N16R8 that are free for parts (ESP32-S3-WROOM-1 datasheet v1.3, table 3, and the
 * DevKitC-1 user guide), in the order in which they are offered.
 */
const FREE_PINS: readonly number[] = Object.freeze([
	1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 38, 39, 40, 41, 42, 47, 48,
]);

/** The first pin that cannot be used as the configuration wants it, in words, with a free one; else `undefined`. */
export function findPinProblem(configuration: ControllerConfiguration): string | undefined {
	const uses = usesOf(configuration);
	const free = FREE_PINS.find((pin) => !uses.some((use) => use.pin === pin));
	const offer = free === undefined ? "No other pin is free." : `GPIO ${free} is free.`;
	for (let index = 0; index < uses.length; index++) {
		const use = uses[index]!;
		const reason = whyNot(use.pin);
		if (reason !== undefined) return `GPIO ${use.pin} cannot be ${use.name}: ${reason}. ${offer}`;
		const other = uses.slice(0, index).find((earlier) => earlier.pin === use.pin);
		if (other !== undefined) return `GPIO ${use.pin} cannot be ${use.name}: it is ${other.name}. ${offer}`;
	}
	return undefined;
}

function usesOf(configuration: ControllerConfiguration): { readonly name: string; readonly pin: number }[] {
	const { pins, scales } = configuration;
	const uses = [
		{ name: "lock", pin: pins.lock },
		{ name: "hall", pin: pins.hall },
		{ name: "oledData", pin: pins.oledData },
		{ name: "oledClock", pin: pins.oledClock },
		{ name: "neopixel", pin: pins.neopixel },
		{ name: "buzzer", pin: pins.buzzer },
		{ name: "linkReceive", pin: pins.linkReceive },
		{ name: "linkTransmit", pin: pins.linkTransmit },
		{ name: "piSignal", pin: pins.piSignal },
	];
	for (const { shelf, clock, data } of scales) {
		uses.push({ name: `clock of scale ${shelf}`, pin: clock }, { name: `data of scale ${shelf}`, pin: data });
	}
	return uses;
}

function whyNot(pin: number): string | undefined {
	if (FREE_PINS.includes(pin)) return undefined;
	if (pin === 0 || pin === 3 || pin === 45 || pin === 46) return "it straps how the chip boots";
	if (pin === 19 || pin === 20) return "it is the USB port";
	if (pin >= 26 && pin <= 32) return "it is wired to the flash";
	if (pin >= 33 && pin <= 37) return "it is wired to the octal PSRAM of this module";
	if (pin === 43 || pin === 44) return "it is the debug UART";
	return "the ESP32-S3 has no such pin";
}
