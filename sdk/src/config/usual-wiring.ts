import type {
	ConfiguredCoffee,
	ConfiguredUplink,
	ConfiguredVending,
	ControllerConfiguration,
} from "../device/messages.ts";
import type { ScaleCalibration } from "./controller-configuration.ts";

/*
	How a machine on an ESP32-S3-DevKitC-1-N16R8 is wired where nobody says otherwise. No pin is there twice within one kind
	of machine.
*/

type Via = ConfiguredUplink["via"];

/** Shelves that a report over LTE has room for (firmware, uplink/uplink-problem.ts). */
export const mostShelvesOverLte = 2;

export const usualLinkBaud = 115_200;

export const usualLock: ControllerConfiguration["lock"] = Object.freeze({
	pulseMs: 4_800,
	windowMs: 10_000,
	ajarMs: 30_000,
});

/** A 20 kg single-point cell of 2 mV/V on an HX711 at gain 128; a first value until the scale is calibrated. */
export const nominalCalibration: ScaleCalibration = Object.freeze({
	zeroCounts: 0,
	loadCounts: 107_374,
	loadMilligrams: 1_000_000,
});

/** The wires that every kind of machine has. */
export function usualPins(via: Via): ControllerConfiguration["pins"] {
	return {
		lock: 12,
		hall: 13,
		oledData: 10,
		oledClock: 11,
		neopixel: 21,
		buzzer: 47,
		linkReceive: 18,
		linkTransmit: 17,
		piSignal: 16,
		...(via === "lte" ? { modemPower: 48 } : undefined),
	};
}

/** The scales of a fridge, the topmost shelf first. */
export function usualScalePins(via: Via): { clock: number; data: number }[] {
	const pins = [
		{ clock: 14, data: 15 },
		{ clock: 4, data: 5 },
		{ clock: 6, data: 7 },
		{ clock: 8, data: 9 },
	];
	return via === "lte" ? pins.slice(0, mostShelvesOverLte) : pins;
}

export function usualVending() {
	return { motors: [4, 5, 6, 7, 8, 9], home: 14, drop: 15, emitter: 2 } satisfies ConfiguredVending;
}

/** A coffee group without recipes. */
export function usualCoffee() {
	return {
		pins: { grinder: 4, pump: 6, flow: 7, heater: 8, thermometer: 5, safety: 9, water: 14 },
		bins: [
			{ name: "beans", pin: 15, portions: 60 },
			{ name: "cups", pin: 2, portions: 80 },
		],
	} satisfies Omit<ConfiguredCoffee, "recipes">;
}
