import { type Product, productSchema } from "@visionvend/sdk/catalog/product";
import { z } from "zod";
import { demoCatalogue, demoHoldCents } from "../world/demo-catalogue.ts";

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
	products: z
		.array(productSchema.strict())
		.min(1)
		.optional()
		.meta({ description: "What it sells. The fourteen products of the demo fridge where not given." }),
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
	readonly products: readonly Product[];
	readonly holdCents: number;
	readonly card: string;
}

export function settle(options: ScenarioOptions): SettledOptions {
	return {
		story: options.story ?? "",
		seed: options.seed ?? 1,
		machine: options.machine ?? "fridge",
		products: options.products ?? demoCatalogue,
		holdCents: options.holdCents ?? demoHoldCents,
		card: options.card ?? "pm_card_visa",
	};
}
