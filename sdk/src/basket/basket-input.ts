import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import type { Stray } from "./stray.ts";
import type { UnitWeight } from "./unit-weights.ts";
import type { VisionEvidence, WeightStep } from "./vision-evidence.ts";

/** What is known about one opening of the door. */
export interface BasketInput {
	/** One for every shelf that carries products. */
	readonly shelves: readonly ShelfReading[];
	readonly products: readonly Product[];
	/** `SaleFlag`s of the controller's report. */
	readonly flags: readonly string[];
	/** What the scales did while the door was open; only used together with `vision`. */
	readonly steps?: readonly WeightStep[] | undefined;
	/** What cameras saw. Without it weights decide alone. */
	readonly vision?: VisionEvidence | undefined;
	/** Units of each product that were in the fridge before; no limit for a product that is not named. */
	readonly stock?: Readonly<Record<string, number>> | undefined;
	/** What stood on wrong shelves before the door opened. */
	readonly strays?: readonly Stray[] | undefined;
	/** What units truly weigh, as far as it was learned; the catalogue's mass for the others. */
	readonly unitWeights?: Readonly<Record<string, UnitWeight>> | undefined;
}
