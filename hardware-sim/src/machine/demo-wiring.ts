import type {
	ConfiguredCoffee,
	ConfiguredUplink,
	ConfiguredVending,
	ControllerConfiguration,
	MachineKind,
	Recipe,
} from "@visionvend/sdk/device/messages";

/** Raw counts of an empty shelf: load cells are never quite at zero. One value for each shelf. */
export const zeroCounts = [-18_250, 7_430, 31_006, -2_114] as const;

/** Counts that one kilogram adds: a 20 kg single-point cell, 2 mV/V, on an HX711 at gain 128 and 4.2 V excitation. */
export const countsPerKilogram = 107_374;

/** Noise of one conversion in counts (1 σ), about 0.3 g: what a 20 kg cell and a HX711 at 10 SPS show on a bench. */
export const noiseCounts = 32;

/** How fast the zero of a cell wanders as the fridge warms and cools: some grams in a day. */
export const driftMilligramsPerMinute = 60;

/** Which machine to wire. */
export interface DemoWiring {
	/** A fridge where not given. */
	readonly kind?: MachineKind | undefined;
	/** Over the wire to a Pi where not given. */
	readonly uplink?: ConfiguredUplink | undefined;
	/** Battery, bolt switch, restock button, and in a fridge a thermometer; only what a sale needs where not given. */
	readonly equipped?: boolean | undefined;
	/** Whose firmware it takes. */
	readonly firmwareKey?: string | undefined;
}

/** A 12 V battery behind 47 kΩ and 10 kΩ: 13.6 V are 2.4 V at the pin. */
export const batteryDivider = { upperOhms: 47_000, lowerOhms: 10_000 } as const;

const vending: ConfiguredVending = Object.freeze({
	motors: Object.freeze([4, 5, 6, 7, 8, 9]),
	home: 14,
	drop: 15,
	emitter: 2,
});

const coffee: ConfiguredCoffee = Object.freeze({
	pins: Object.freeze({ grinder: 4, pump: 6, flow: 7, heater: 8, thermometer: 5, safety: 9, water: 14 }),
	bins: Object.freeze([
		Object.freeze({ name: "beans", pin: 15, portions: 60 }),
		Object.freeze({ name: "cups", pin: 2, portions: 80 }),
	]),
	recipes: Object.freeze([
		{
			number: 0,
			name: "Espresso",
			steps: [
				{ step: "heat", amount: 92 },
				{ step: "grind", amount: 4_500 },
				{ step: "pump", amount: 40 },
			],
			takes: [1, 1],
		},
		{
			number: 1,
			name: "Coffee",
			steps: [
				{ step: "heat", amount: 94 },
				{ step: "grind", amount: 6_000 },
				{ step: "pump", amount: 75 },
				{ step: "pause", amount: 2_000 },
				{ step: "pump", amount: 75 },
			],
			takes: [1, 1],
		},
		{
			number: 2,
			name: "Hot water",
			steps: [
				{ step: "heat", amount: 90 },
				{ step: "pump", amount: 200 },
			],
			takes: [0, 1],
		},
	] satisfies Recipe[]),
});

/** What a report over LTE has room for (firmware, uplink/uplink-problem.ts). */
export const mostShelvesOverLte = 2;

/** The default pin map of the ESP32-S3-DevKitC-1-N16R8, four shelves in a fridge (two with LTE), and the seeds' times. */
export function demoControllerConfiguration(
	machineId: string,
	keys: ControllerConfiguration["keys"],
	{ kind = "fridge", uplink = { via: "pi" }, equipped = false, firmwareKey }: DemoWiring = {},
): ControllerConfiguration {
	const cellPins = [
		{ clock: 14, data: 15 },
		{ clock: 4, data: 5 },
		{ clock: 6, data: 7 },
		{ clock: 8, data: 9 },
	];
	const shelves = uplink.via === "lte" ? mostShelvesOverLte : cellPins.length;
	return {
		machineId,
		version: 0,
		kind,
		uplink,
		...(firmwareKey === undefined ? undefined : { firmwareKey }),
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
			...(uplink.via === "lte" ? { modemPower: 48 } : undefined),
			...(equipped ? { bolt: 39, restockButton: 38 } : undefined),
		},
		...(equipped ? { battery: { pin: 1, ...batteryDivider, lowMillivolts: 11_000 } } : undefined),
		...(equipped && kind === "fridge"
			? { foodSafety: { receive: 41, transmit: 40, limitCentidegrees: 500 } }
			: undefined),
		...(kind === "vending" ? { vending } : undefined),
		...(kind === "coffee" ? { coffee } : undefined),
		scales: (kind === "fridge" ? cellPins.slice(0, shelves) : []).map((pins, shelf) => {
			const zero = zeroCounts[shelf] ?? 0;
			return { shelf, ...pins, zeroCounts: zero, loadCounts: zero + countsPerKilogram, loadMilligrams: 1_000_000 };
		}),
		lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
		languages: ["en", "es"],
		linkBaud: 115_200,
	};
}
