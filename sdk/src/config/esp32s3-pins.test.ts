import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPins, reasonAgainstPin, usablePins } from "./esp32s3-pins.ts";

test.each([
	[0, /boot mode/],
	[3, /JTAG source/],
	[19, /USB/],
	[20, /USB/],
	[22, /does not exist/],
	[25, /does not exist/],
	[26, /flash and PSRAM/],
	[32, /flash and PSRAM/],
	[33, /octal PSRAM/],
	[37, /octal PSRAM/],
	[42, /NeoPixel/],
	[43, /debug UART/],
	[44, /debug UART/],
	[45, /flash voltage/],
	[46, /boot ROM/],
	[49, /does not exist/],
	[-1, /does not exist/],
])("pin %i is refused with its reason", (pin, reason) => {
	expect(reasonAgainstPin(pin)).toMatch(reason);
});

test("every pin of the chip is either usable or refused, never both", () => {
	for (let pin = 0; pin <= 48; pin += 1) {
		expect(usablePins.includes(pin)).toBe(reasonAgainstPin(pin) === undefined);
	}
	expect(new Set(usablePins).size).toBe(24);
});

test("a bad pin comes with free ones, a voltage with pins that measure", () => {
	expect(checkPins([{ key: "pins.hall_sensor", pin: 27 }])).toEqual([
		{ key: "pins.hall_sensor", pin: 27, reason: "carries flash and PSRAM on the ESP32-S3", free: [4, 5, 6] },
	]);
	expect(checkPins([{ key: "pins.battery_adc", pin: 12, analog: true }])).toMatchObject([{ free: [4, 5, 6] }]);
	const analogTaken = [4, 5, 6, 7, 8, 9, 10, 2].map((pin) => ({ key: `pins.${pin}`, pin }));
	expect(checkPins([...analogTaken, { key: "pins.battery_adc", pin: 12, analog: true }])).toMatchObject([
		{ free: [1] },
	]);
});

test("two parts on one pin are refused, unless they share a whole I2C bus", () => {
	expect(
		checkPins([
			{ key: "a", pin: 4 },
			{ key: "b", pin: 4 },
		]),
	).toMatchObject([{ key: "b", reason: "is taken by a already" }]);
	const bus = (part: string, data: number, clock: number) => [
		{ key: `${part}_sda`, pin: data, bus: { wire: "data" as const, part } },
		{ key: `${part}_scl`, pin: clock, bus: { wire: "clock" as const, part } },
	];
	expect(checkPins([...bus("oled", 10, 11), ...bus("tof", 10, 11)])).toEqual([]);
	expect(checkPins([...bus("oled", 10, 11), ...bus("tof", 1, 2)])).toEqual([]);
	expect(checkPins([...bus("oled", 10, 11), ...bus("tof", 10, 2)])).toMatchObject([{ key: "tof_sda" }]);
	expect(checkPins([...bus("oled", 10, 11), ...bus("tof", 11, 10)])).toHaveLength(2);
});

test("a map of free pins, each once, is always legal", () => {
	fc.assert(
		fc.property(fc.shuffledSubarray([...usablePins]), (pins) => {
			expect(checkPins(pins.map((pin, index) => ({ key: `pins.p${index}`, pin })))).toEqual([]);
		}),
		{ seed: 1 },
	);
});
