import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";

/** Raw counts of an empty shelf: load cells are never quite at zero. One value for each shelf. */
export const zeroCounts = [-18_250, 7_430, 31_006, -2_114] as const;

/** Counts that one kilogram adds: a 20 kg single-point cell, 2 mV/V, on an HX711 at gain 128 and 4.2 V excitation. */
export const countsPerKilogram = 107_374;

/** Noise of one conversion in counts (1 σ), about 0.3 g: what a 20 kg cell and a HX711 at 10 SPS show on a bench. */
export const noiseCounts = 32;

/** How fast the zero of a cell wanders as the fridge warms and cools: some grams in a day. */
export const driftMilligramsPerMinute = 60;

/** The default pin map of the ESP32-S3-DevKitC-1-N16R8, four shelves, and the seeds' times. */
export function demoControllerConfiguration(
	machineId: string,
	keys: ControllerConfiguration["keys"],
): ControllerConfiguration {
	const cellPins = [
		{ clock: 14, data: 15 },
		{ clock: 4, data: 5 },
		{ clock: 6, data: 7 },
		{ clock: 8, data: 9 },
	];
	return {
		machineId,
		version: 0,
		kind: "fridge",
		uplink: { via: "pi" },
		keys,
		pins: {
			lock: 12,
			hall: 13,
			oledData: 10,
			oledClock: 11,
			neopixel: 21,
			buzzer: 47,
			linkReceive: 18,
			linkTransmit: 17,
			piSignal: 16,
		},
		scales: cellPins.map((pins, shelf) => {
			const zero = zeroCounts[shelf] ?? 0;
			return { shelf, ...pins, zeroCounts: zero, loadCounts: zero + countsPerKilogram, loadMilligrams: 1_000_000 };
		}),
		lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
		languages: ["en", "es"],
		linkBaud: 115_200,
	};
}
