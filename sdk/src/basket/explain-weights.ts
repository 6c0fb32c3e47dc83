import type { Product } from "../catalog/product.ts";
import type { ShelfReading } from "../device/messages.ts";
import { gaussian } from "./gaussian.ts";
import { type Removal, ShelfRemovals } from "./shelf-removals.ts";
import {
	fits,
	gateDeviations,
	mostMoves,
	noiseVariance,
	priorPerMove,
	priorPerUnit,
	unitVariance,
	unknownDensity,
} from "./weight-model.ts";

/** A unit that was taken from its own shelf and put on another one. */
export interface Move {
	/** Index into `products`. */
	readonly product: number;
	/** Index into `shelves`. */
	readonly to: number;
}

/** The fridge as the weights see it, in a fixed order: whoever lists it otherwise gets the same answers. */
export interface WeightView {
	/** By shelf number. */
	readonly shelves: readonly ShelfReading[];
	/** By sku. */
	readonly products: readonly Product[];
	/** Index into `shelves` of each product. */
	readonly home: readonly number[];
	/** Indices into `products` of each shelf. */
	readonly own: readonly (readonly number[])[];
}

/** Throws a RangeError when a shelf or a sku comes twice. Products of shelves without a reading are left out. */
export function viewWeights(shelves: readonly ShelfReading[], products: readonly Product[]): WeightView {
	const sortedShelves = [...shelves].sort((one, other) => one.shelf - other.shelf);
	const indexOfShelf = new Map(sortedShelves.map((reading, index) => [reading.shelf, index]));
	if (indexOfShelf.size < shelves.length) {
		throw new RangeError("decideBasket: two readings name the same shelf; pass one a shelf");
	}
	const sortedProducts = products
		.filter((product) => indexOfShelf.has(product.shelf))
		.sort((one, other) => (one.sku < other.sku ? -1 : 1));
	if (new Set(sortedProducts.map((product) => product.sku)).size < sortedProducts.length) {
		throw new RangeError("decideBasket: two products have the same sku; pass each once");
	}
	const home = sortedProducts.map((product) => indexOfShelf.get(product.shelf)!);
	const own = sortedShelves.map((_, shelf) => home.flatMap((at, product) => (at === shelf ? [product] : [])));
	return { shelves: sortedShelves, products: sortedProducts, home, own };
}

/** Every list of at most `mostMoves` moves, each set once; the empty one first. */
export function* possibleMoves(view: WeightView): Generator<readonly Move[]> {
	const single: Move[] = [];
	for (const [product, home] of view.home.entries()) {
		for (let to = 0; to < view.shelves.length; to += 1) {
			if (to !== home) {
				single.push({ product, to });
			}
		}
	}
	const extend = function* (from: number, moves: readonly Move[]): Generator<readonly Move[]> {
		yield moves;
		if (moves.length < mostMoves) {
			for (let index = from; index < single.length; index += 1) {
				yield* extend(index, [...moves, single[index]!]);
			}
		}
	};
	yield* extend(0, []);
}

/** A quick look that spares most of the work: could so much mass have been taken off the shelves that `moves` leave? */
export function leavesRoom(view: WeightView, moves: readonly Move[]): boolean {
	return moves.every(({ product }) => {
		const shelf = view.home[product]!;
		const reading = view.shelves[shelf]!;
		let room = reading.baselineMilligrams - reading.finalMilligrams;
		let variance = noiseVariance(reading);
		for (const move of moves) {
			const moved = view.products[move.product]!;
			if (view.home[move.product] === shelf) {
				room -= moved.massMilligrams;
			} else if (move.to === shelf) {
				room += moved.massMilligrams;
			} else {
				continue;
			}
			variance += unitVariance(moved);
		}
		return room >= -gateDeviations * Math.sqrt(variance);
	});
}

/** The shelves that `moves` tie together, each group by rising index; untouched shelves are groups of one. */
export function connectedShelves(view: WeightView, moves: readonly Move[]): number[][] {
	const group = view.shelves.map((_, shelf) => shelf);
	for (const move of moves) {
		const from = group[view.home[move.product]!]!;
		const to = group[move.to]!;
		for (const [shelf, at] of group.entries()) {
			if (at === to) {
				group[shelf] = from;
			}
		}
	}
	const groups = new Map<number, number[]>();
	for (const [shelf, at] of group.entries()) {
		groups.set(at, [...(groups.get(at) ?? []), shelf]);
	}
	return [...groups.values()];
}

/** What moves do to the shelves of one group, before anything is taken off them. */
export interface MovedOnto {
	/** Mass that has to have been taken off each shelf, the moved units on top of it accounted for. */
	readonly targets: readonly number[];
	/** Covariance of the readings without the units that were taken off: noise and units put on. */
	readonly covariance: readonly (readonly number[])[];
}

/**
 * The joint model of a group of shelves. A unit that was moved is the same unit on both shelves, as heavy where it is
 * missing as where it came to stand: hence the negative covariance. It is what tells a moved can from a stone of
 * about its weight.
 */
export function moveOnto(view: WeightView, group: readonly number[], moves: readonly Move[]): MovedOnto {
	const targets = group.map((shelf) => {
		const reading = view.shelves[shelf]!;
		return reading.baselineMilligrams - reading.finalMilligrams;
	});
	const covariance = group.map((shelf, row) =>
		group.map((_, column) => (row === column ? noiseVariance(view.shelves[shelf]!) : 0)),
	);
	for (const move of moves) {
		const to = group.indexOf(move.to);
		const from = group.indexOf(view.home[move.product]!);
		if (to < 0 || from < 0) {
			continue;
		}
		const product = view.products[move.product]!;
		const variance = unitVariance(product);
		targets[to]! += product.massMilligrams;
		covariance[to]![to]! += variance;
		covariance[to]![from]! -= variance;
		covariance[from]![to]! -= variance;
	}
	return { targets, covariance };
}

/** One explanation of the readings of a group of shelves. */
interface GroupExplanation {
	/** Net units of each product of the view; a moved unit is taken and put back, so it counts nothing. */
	readonly net: readonly number[];
	/** Prior times likelihood. */
	readonly weight: number;
	readonly fits: boolean;
}

/**
 * So many removals a shelf are combined when moves tie two or three shelves together; unlikelier ones add next to
 * nothing. Of three shelves all triples are looked at, so fewer each: a fridge of 64 products has to be decided in time.
 */
const mostTiedRemovals = Object.freeze([0, 0, 24, 8]);

function explainGroup(
	view: WeightView,
	removals: readonly ShelfRemovals[],
	group: readonly number[],
	moves: readonly Move[],
	effort: Effort,
): GroupExplanation[] {
	const { targets, covariance } = moveOnto(view, group, moves);
	const moved = view.products.map(() => 0);
	let movedHere = 0;
	for (const move of moves) {
		if (group.includes(move.to)) {
			moved[move.product]! += 1;
			movedHere += 1;
		}
	}
	const choices: Removal[][] = [];
	for (const [row, shelf] of group.entries()) {
		const own = view.own[shelf]!;
		const target = targets[row]!;
		const variance = covariance[row]![row]!;
		let near = removals[shelf]!.near(target, variance);
		if (movedHere > 0) {
			near = near.filter((removal) => own.every((product, index) => removal.counts[index]! >= moved[product]!));
			const most = mostTiedRemovals[group.length] ?? 0;
			if (near.length > most) {
				const distance = (removal: Removal): number =>
					(removal.massMilligrams - target) ** 2 / (variance + removal.variance) -
					2 * removal.units * Math.log(priorPerUnit);
				near.sort((one, other) => distance(one) - distance(other));
				near.length = most;
			}
		}
		if (near.length === 0) {
			return [];
		}
		choices.push(near);
	}
	const explanations: GroupExplanation[] = [];
	const chosen: Removal[] = [];
	const choose = (row: number): void => {
		const choice = choices[row];
		if (choice !== undefined) {
			for (const removal of choice) {
				chosen[row] = removal;
				choose(row + 1);
			}
			return;
		}
		effort.spend(view.products.length);
		const residual = group.map((_, at) => targets[at]! - chosen[at]!.massMilligrams);
		const point = gaussian(
			residual,
			covariance.map((line, at) => line.map((value, column) => (at === column ? value + chosen[at]!.variance : value))),
		);
		const net = moved.map((count) => -count);
		let units = -movedHere;
		for (const [at, shelf] of group.entries()) {
			for (const [index, product] of view.own[shelf]!.entries()) {
				net[product]! += chosen[at]!.counts[index]!;
			}
			units += chosen[at]!.units;
		}
		explanations.push({
			net,
			weight: priorPerUnit ** units * priorPerMove ** movedHere * point.density,
			fits: fits(point.squaredDistance, group.length),
		});
	};
	choose(0);
	return explanations.sort((one, other) => other.weight - one.weight);
}

/**
 * A decision in the cloud holds up everybody, and a hand that leans on every shelf gives weights with more explanations
 * than fit into memory. Counted in products looked at, of which a second takes some four million; the hardest of the
 * random sales in `decide-basket.test.ts` takes 560,000.
 */
const mostEffort = 4_000_000;

/** Counts what has been looked at: the same for the same readings, however fast the machine is. */
class Effort {
	#spent = 0;

	spend(products: number): void {
		this.#spent += products;
		if (this.#spent > mostEffort) throw new TooManyExplanations("the weights have too many explanations");
	}
}

class TooManyExplanations extends Error {}

/** One basket with everything that speaks for it. */
export interface ExplainedBasket {
	/** Units of each product of the view, 0 or more. */
	readonly counts: readonly number[];
	/** Posterior probability, 0 to 1. */
	readonly probability: number;
	/** The best of its explanations lies within 3.5 standard deviations of the readings. */
	readonly fits: boolean;
	/** The moves of its best explanation. */
	readonly moves: readonly Move[];
}

/** Explanations this much lighter than the best one are not told apart; their probability still counts against it. */
const faintest = 1e-6;

/**
 * The baskets that explain the weights, likeliest first. Probabilities are posterior: against all other baskets, and
 * against the possibility that something unknown lies on a shelf. They therefore need not add up to 1. `undefined` when
 * there are too many to look at all of them.
 */
export function explainWeights(view: WeightView): ExplainedBasket[] | undefined {
	try {
		return explain(view, new Effort());
	} catch (error) {
		if (!(error instanceof TooManyExplanations)) throw error;
		return undefined;
	}
}

function explain(view: WeightView, effort: Effort): ExplainedBasket[] {
	const heaviestUnit = Math.max(0, ...view.products.map((product) => product.massMilligrams));
	const removals = view.own.map((own, shelf) => {
		const reading = view.shelves[shelf]!;
		const removed = reading.baselineMilligrams - reading.finalMilligrams;
		return new ShelfRemovals(
			own.map((product) => view.products[product]!),
			Math.max(0, removed) + mostMoves * heaviestUnit + 10 * Math.sqrt(noiseVariance(reading)),
		);
	});
	const untied = view.shelves.map((_, shelf) => explainGroup(view, removals, [shelf], [], effort));
	// Two shelves that one move ties are the same in every list of moves that has no other move on them.
	const tied = new Map<Move, GroupExplanation[]>();
	const explainTied = (group: readonly number[], moves: readonly Move[]): GroupExplanation[] => {
		const [move, another] = moves.filter(({ to }) => group.includes(to));
		if (move === undefined) {
			return untied[group[0]!]!;
		}
		if (another !== undefined) {
			return explainGroup(view, removals, group, moves, effort);
		}
		const explanations = tied.get(move) ?? explainGroup(view, removals, group, [move], effort);
		tied.set(move, explanations);
		return explanations;
	};
	const found = new Map<
		string,
		{ counts: number[]; weight: number; best: number; fits: boolean; moves: readonly Move[] }
	>();
	let total = 0;
	let best = 0;
	for (const moves of possibleMoves(view)) {
		effort.spend(1);
		if (!leavesRoom(view, moves)) {
			continue;
		}
		const factors: GroupExplanation[][] = [];
		for (const group of connectedShelves(view, moves)) {
			const factor = explainTied(group, moves);
			factors.push(factor);
			if (factor.length === 0 && moves.length > 0) {
				break;
			}
		}
		const unknown = moves.length === 0 ? unknownDensity : 0;
		let share = 1;
		for (const factor of factors) {
			share *= factor.reduce((sum, explanation) => sum + explanation.weight, unknown);
		}
		total += share;
		// What the factors after this one can contribute at most: a branch that cannot reach `faintest` is cut.
		const bounds = factors.map((_, at) =>
			factors.slice(at).reduce((product, factor) => product * (factor[0]?.weight ?? 0), 1),
		);
		const counts = view.products.map(() => 0);
		const combine = (at: number, weight: number, allFit: boolean): void => {
			effort.spend(view.products.length);
			const factor = factors[at];
			if (factor === undefined) {
				best = Math.max(best, weight);
				const key = counts.join(",");
				const basket = found.get(key);
				if (basket === undefined) {
					found.set(key, { counts: [...counts], weight, best: weight, fits: allFit, moves });
					return;
				}
				basket.weight += weight;
				if (weight > basket.best) {
					basket.best = weight;
					basket.fits = allFit;
					basket.moves = moves;
				}
				return;
			}
			for (const explanation of factor) {
				if (weight * explanation.weight * (bounds[at + 1] ?? 1) < best * faintest) {
					break;
				}
				for (const [product, count] of explanation.net.entries()) {
					counts[product]! += count;
				}
				combine(at + 1, weight * explanation.weight, allFit && explanation.fits);
				for (const [product, count] of explanation.net.entries()) {
					counts[product]! -= count;
				}
			}
		};
		if (factors.every((factor) => factor.length > 0)) {
			combine(0, 1, true);
		}
	}
	return [...found.values()]
		.map((basket) => ({
			counts: basket.counts,
			probability: basket.weight / total,
			fits: basket.fits,
			moves: basket.moves,
		}))
		.sort((one, other) => other.probability - one.probability);
}
