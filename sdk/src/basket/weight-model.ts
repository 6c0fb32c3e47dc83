import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";

/**
 * What weights can tell, as numbers. They are assumptions about scales and shoppers; everything that is decided from
 * weights follows from them.
 */

/**
 * Standard deviation of the difference of two readings of one scale at rest. A median of ten HX711 samples is good to
 * about 0.35 g, a difference of two of them to 0.5 g; creep and warming while the door is open add about 0.6 g. In
 * quadrature: 0.8 g. So a fridge that nobody touched reads within ± 2.8 g (3.5 of these) of its baseline.
 */
export const scaleNoiseMilligrams = 800;

/**
 * A reading that hardly came to rest is worth less. The range of ten normal samples is about three standard deviations
 * and their median is good to 0.4 of one; two readings make 0.2 of the range, rounded up.
 */
const noisePerSpread = 0.25;

/** Readings that scatter wider than this were not at rest, whatever the controller calls them. */
export const widestSpreadMilligrams = 20_000;

/**
 * Each further unit makes a basket this much less likely. Weak on purpose: with 16 products it expects seven units a
 * sale, where real baskets hold one or two. The prior must keep eight small things from passing for one big one; it
 * must not decide between baskets that weigh the same.
 */
export const priorPerUnit = 0.3;

/** One unit in fifty comes to stand on a shelf where it does not belong. */
export const priorPerMove = 0.02;

/** More moves than this in one sale are a case for a person. */
export const mostMoves = 2;

/** More units than this off one shelf are a case for a person. */
export const mostUnitsPerShelf = 8;

/**
 * In one sale of a thousand, a shelf changes by something that no product explains: a bag leans on it, a stone lies on
 * it, a bottle of another shop. Any weight within ± 2 kg is then as likely as any other. This is what every
 * explanation competes with; without it the only explanation at hand would always look certain.
 */
export const unknownDensity = 0.001 / 4_000_000;

/** Explanations that are further off than this many standard deviations weigh e^-18 and less: not even counted. */
export const gateDeviations = 6;

/**
 * The largest squared Mahalanobis distance that still counts as explained, for 1, 2 and 3 shelves: chi-square
 * quantiles with the tail of 3.5 standard deviations (4.65e-4, a false alarm in 2,149 sound readings).
 */
const fitLimits = Object.freeze([0, 12.25, 15.346, 17.882]);

/**
 * Two removals whose expected masses lie nearer than this many standard deviations are not told apart by weight. A
 * reading that happens to fall far to one side would still speak for one of them, but only through the outermost tail
 * of a normal distribution, and no batch of bottles is that normal.
 */
export const resolutionDeviations = 2;

export function fits(squaredDistance: number, shelves: number): boolean {
	return squaredDistance <= (fitLimits[shelves] ?? 0);
}

/** Variance of one unit's mass: the tolerance is three standard deviations. */
export function unitVariance(product: Product): number {
	return (product.toleranceMilligrams / 3) ** 2;
}

/** Variance of baseline minus final, with nothing touched. */
export function noiseVariance(reading: ShelfReading): number {
	return scaleNoiseMilligrams ** 2 + (noisePerSpread * reading.spreadMilligrams) ** 2;
}
