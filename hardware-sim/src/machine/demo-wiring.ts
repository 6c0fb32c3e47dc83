import {
	usualCoffee,
	usualLinkBaud,
	usualLock,
	usualPins,
	usualScalePins,
	usualVending,
} from "@visionvend/sdk/config/usual-wiring";
import type {
	ConfiguredCoffee,
	ConfiguredUplink,
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

const coffee: ConfiguredCoffee = Object.freeze({
	...usualCoffee(),
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

/** The usual wiring, four shelves in a fridge (two with LTE), and the seeds' times. */
export function demoControllerConfiguration(
	machineId: string,
	keys: ControllerConfiguration["keys"],
	{ kind = "fridge", uplink = { via: "pi" }, equipped = false, firmwareKey }: DemoWiring = {},
): ControllerConfiguration {
	return {
		machineId,
		version: 0,
		kind,
		uplink,
		...(firmwareKey === undefined ? undefined : { firmwareKey }),
		keys,
		pins: { ...usualPins(uplink.via), ...(equipped ? { bolt: 39, restockButton: 38 } : undefined) },
		...(equipped ? { battery: { pin: 1, ...batteryDivider, lowMillivolts: 11_000 } } : undefined),
		...(equipped && kind === "fridge"
			? { foodSafety: { receive: 41, transmit: 40, limitCentidegrees: 500 } }
			: undefined),
		...(kind === "vending" ? { vending: usualVending() } : undefined),
		...(kind === "coffee" ? { coffee } : undefined),
		scales: (kind === "fridge" ? usualScalePins(uplink.via) : []).map((pins, shelf) => {
			const zero = zeroCounts[shelf] ?? 0;
			return { shelf, ...pins, zeroCounts: zero, loadCounts: zero + countsPerKilogram, loadMilligrams: 1_000_000 };
		}),
		lock: usualLock,
		languages: ["en", "es"],
		linkBaud: usualLinkBaud,
	};
}
