import type { Board, BoardPin, PinAbility } from "./board.ts";

/*
	ESP32-S3-DevKitC-1-N16R8: 16 MB flash, 8 MB octal PSRAM. Sources: ESP32-S3 series datasheet, "Pins" and "Strapping
	Pins"; ESP-IDF programming guide, "GPIO & RTC GPIO" for ESP32-S3; the board's user guide v1.1, "Header Block". Pin maps
	for the classic ESP32 do not carry over.
*/

/** Place on the header of each GPIO that has one. */
const places: Readonly<Record<number, string>> = Object.freeze({
	0: "J3-14",
	1: "J3-4",
	2: "J3-5",
	3: "J1-13",
	4: "J1-4",
	5: "J1-5",
	6: "J1-6",
	7: "J1-7",
	8: "J1-12",
	9: "J1-15",
	10: "J1-16",
	11: "J1-17",
	12: "J1-18",
	13: "J1-19",
	14: "J1-20",
	15: "J1-8",
	16: "J1-9",
	17: "J1-10",
	18: "J1-11",
	19: "J3-20",
	20: "J3-19",
	21: "J3-18",
	35: "J3-13",
	36: "J3-12",
	37: "J3-11",
	38: "J3-10",
	39: "J3-9",
	40: "J3-8",
	41: "J3-7",
	42: "J3-6",
	43: "J3-2",
	44: "J3-3",
	45: "J3-15",
	46: "J1-14",
	47: "J3-17",
	48: "J3-16",
});

const refusals: readonly { readonly from: number; readonly to: number; readonly reason: string }[] = Object.freeze([
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
]);

const also: Readonly<Record<number, string>> = Object.freeze({
	38: "the board's own LED from v1.1 on",
	39: "JTAG MTCK",
	40: "JTAG MTDO",
	41: "JTAG MTDI",
	48: "the board's own LED up to v1.0",
});

/** ADC1, channels 0 to 9. ADC2 cannot measure while Wi-Fi is on. */
const firstAnalogPin = 1;
const lastAnalogPin = 10;

/** The GPIO matrix leads every peripheral to every pin. */
const everywhere: readonly PinAbility[] = ["digital", "pwm", "i2c", "spi", "uart"];

function pinAt(gpio: number): BoardPin {
	const place = places[gpio];
	const where = place === undefined ? {} : { place };
	const refused = refusals.find(({ from, to }) => gpio >= from && gpio <= to)?.reason;
	if (refused !== undefined) return Object.freeze({ gpio, ...where, can: [], refused });
	const isAnalog = gpio >= firstAnalogPin && gpio <= lastAnalogPin;
	const more = also[gpio];
	return Object.freeze({
		gpio,
		...where,
		can: Object.freeze(isAnalog ? [...everywhere, "adc" as const] : everywhere),
		...(more === undefined ? {} : { also: more }),
	});
}

export const visionvendS3: Board = Object.freeze({
	name: "visionvend_s3",
	title: "ESP32-S3-DevKitC-1-N16R8",
	pins: Object.freeze(Array.from({ length: 49 }, (_, gpio) => pinAt(gpio))),
	// 39 to 41 double as JTAG, 38 and 48 light the board's own LED.
	preference: Object.freeze([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 1, 2, 21, 47, 39, 40, 41, 38, 48]),
	absent: "does not exist on the ESP32-S3",
	lacks: Object.freeze({
		digital: "is no digital pin",
		adc: `cannot measure a voltage: only ADC1, pins ${firstAnalogPin} to ${lastAnalogPin}, works beside Wi-Fi`,
		pwm: "cannot carry PWM",
		i2c: "cannot carry I2C",
		spi: "cannot carry SPI",
		uart: "cannot carry a UART",
	}),
});
