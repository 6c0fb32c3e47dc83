import type { Product } from "../catalog/product.ts";
import { gateDeviations, mostUnitsPerShelf, unitVariance } from "./weight-model.ts";

/** One way to take products off their own shelf. */
export interface Removal {
	/** Units of each product, in the order of the shelf's products. */
	readonly counts: readonly number[];
	readonly units: number;
	readonly massMilligrams: number;
	/** Variance of the mass, from the tolerances of its units. */
	readonly variance: number;
}

/** More removals than this are not listed; a shelf of very many products is searched to fewer units instead. */
const mostRemovals = 20_000;

/** C(products + units, units): how many ways there are to take at most `units` units of `products` products. */
function waysToTake(products: number, units: number): number {
	let ways = 1;
	for (let unit = 1; unit <= units; unit += 1) {
		ways = (ways * (products + unit)) / unit;
	}
	return ways;
}

function mostUnits(products: number): number {
	let units = mostUnitsPerShelf;
	while (units > 1 && waysToTake(products, units) > mostRemovals) {
		units -= 1;
	}
	return units;
}

/** All ways to take up to `mostUnitsPerShelf` units off one shelf, lightest first, looked up by mass. */
export class ShelfRemovals {
	readonly #removals: Removal[] = [];
	readonly #widestVariance: number;

	/** `heaviestMilligrams`: no removal beyond this mass will ever be asked for. */
	constructor(products: readonly Product[], heaviestMilligrams: number) {
		const limit = mostUnits(products.length);
		const variances = products.map(unitVariance);
		this.#widestVariance = limit * Math.max(0, ...variances);
		const heaviest = heaviestMilligrams + gateDeviations * Math.sqrt(this.#widestVariance);
		const counts = products.map(() => 0);
		const descend = (index: number, units: number, massMilligrams: number, variance: number): void => {
			const product = products[index];
			if (product === undefined) {
				this.#removals.push({ counts: [...counts], units, massMilligrams, variance });
				return;
			}
			for (let count = 0; units + count <= limit; count += 1) {
				const mass = massMilligrams + count * product.massMilligrams;
				if (mass > heaviest) {
					break;
				}
				counts[index] = count;
				descend(index + 1, units + count, mass, variance + count * variances[index]!);
			}
			counts[index] = 0;
		};
		descend(0, 0, 0, 0);
		this.#removals.sort((one, other) => one.massMilligrams - other.massMilligrams);
	}

	/** The removals near `massMilligrams`: within the gate, when `variance` comes on top of that of their units. */
	near(massMilligrams: number, variance: number): Removal[] {
		const reach = gateDeviations * Math.sqrt(variance + this.#widestVariance);
		const found: Removal[] = [];
		for (let index = this.#firstFrom(massMilligrams - reach); index < this.#removals.length; index += 1) {
			const removal = this.#removals[index]!;
			const distance = removal.massMilligrams - massMilligrams;
			if (distance > reach) {
				break;
			}
			if (distance * distance <= gateDeviations ** 2 * (variance + removal.variance)) {
				found.push(removal);
			}
		}
		return found;
	}

	/** The removal whose mass is closest to `massMilligrams`, however far. */
	nearest(massMilligrams: number): Removal {
		const after = this.#firstFrom(massMilligrams);
		const above = this.#removals[after];
		const below = this.#removals[after - 1];
		if (above === undefined || below === undefined) {
			return above ?? below ?? { counts: [], units: 0, massMilligrams: 0, variance: 0 };
		}
		return above.massMilligrams - massMilligrams < massMilligrams - below.massMilligrams ? above : below;
	}

	/** Index of the first removal of at least this mass. */
	#firstFrom(massMilligrams: number): number {
		let low = 0;
		let high = this.#removals.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.#removals[middle]!.massMilligrams < massMilligrams) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		return low;
	}
}
