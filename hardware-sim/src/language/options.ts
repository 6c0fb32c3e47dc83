import { type Product, productSchema } from "@visionvend/sdk/catalog/product";
import { mostShelvesOverLte } from "@visionvend/sdk/config/usual-wiring";
import { z } from "zod";
import { coffeeCatalogue, demoCatalogue, demoHoldCents, vendingCatalogue } from "../world/demo-catalogue.ts";

export const machineKinds = ["fridge", "vending", "coffee"] as const;
export type MachineKind = (typeof machineKinds)[number];

/** What a scenario may say of its stage, the same in TypeScript and in JSON. */
export const scenarioOptionsSchema = z.strictObject({
	story: z.string().min(1).optional().meta({ description: "One line for people: who does what." }),
	seed: z
		.int()
		.min(0)
		.max(0xffff_ffff)
		.optional()
		.meta({ description: "One seed replays one run, byte for byte. 1 where not given." }),
	machine: z
		.enum(machineKinds)
		.optional()
		.meta({ description: "What kind of machine it is. A fridge where not given." }),
	uplink: z
		.enum(["pi", "wifi", "lte"])
		.optional()
		.meta({ description: "How the controller reaches the cloud: over the Pi (where not given), or with a radio." }),
	equipped: z.boolean().optional().meta({
		description: "With battery, bolt switch and restock button, and in a fridge a climate with its thermometer.",
	}),
	batteryMinutes: z
		.int()
		.min(1)
		.optional()
		.meta({ description: "How long the battery of an equipped machine lasts without mains. 120 where not given." }),
	products: z.array(productSchema.strict()).min(1).optional().meta({
		description:
			"What it sells. Those of the demo machine of its kind where not given; a fridge with LTE has two shelves.",
	}),
	holdCents: z
		.int()
		.min(50)
		.optional()
		.meta({ description: "Held on the card before it unlocks, in cents. 1000 where not given." }),
	card: z
		.string()
		.regex(/^pm_card_/, "a test payment method of Stripe, as pm_card_visa")
		.optional()
		.meta({ description: "The shopper's card: a test payment method of Stripe. pm_card_visa where not given." }),
});
export type ScenarioOptions = z.infer<typeof scenarioOptionsSchema>;

/** The options with their defaults. */
export interface SettledOptions {
	readonly story: string;
	readonly seed: number;
	readonly machine: MachineKind;
	readonly uplink: "pi" | "wifi" | "lte";
	readonly equipped: boolean;
	readonly batteryMinutes: number;
	readonly products: readonly Product[];
	readonly holdCents: number;
	readonly card: string;
}

const catalogues: Readonly<Record<MachineKind, readonly Product[]>> = Object.freeze({
	fridge: demoCatalogue,
	vending: vendingCatalogue,
	coffee: coffeeCatalogue,
});

const catalogueOfTwoShelves = demoCatalogue.filter(({ shelf }) => shelf < mostShelvesOverLte);

export function settle(options: ScenarioOptions): SettledOptions {
	const machine = options.machine ?? "fridge";
	const uplink = options.uplink ?? "pi";
	const isSmall = machine === "fridge" && uplink === "lte";
	return {
		story: options.story ?? "",
		seed: options.seed ?? 1,
		machine,
		uplink,
		equipped: options.equipped ?? false,
		batteryMinutes: options.batteryMinutes ?? 120,
		products: options.products ?? (isSmall ? catalogueOfTwoShelves : catalogues[machine]),
		holdCents: options.holdCents ?? demoHoldCents,
		card: options.card ?? "pm_card_visa",
	};
}
