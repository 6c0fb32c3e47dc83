import type { BasketItem } from "./basket-decision.ts";
import type { BasketInput } from "./basket-input.ts";
import { faultOf } from "./doubts.ts";
import {
	connectedShelves,
	leavesRoom,
	type Move,
	moveOnto,
	possibleMoves,
	viewWeights,
	type WeightView,
} from "./explain-weights.ts";
import { gaussian } from "./gaussian.ts";
import { fits, unitVariance } from "./weight-model.ts";

/**
 * Could these items explain these weights? True when some way to take them, with up to two more units moved to wrong
 * shelves, lies within 3.5 standard deviations of all readings. How likely it is plays no part: several baskets may
 * explain the same weights. Every basket that `decideBasket` settles explains its readings.
 */
export function explainsReadings(items: readonly BasketItem[], input: BasketInput): boolean {
	if (faultOf(input) !== undefined) {
		return false;
	}
	const view = viewWeights(input.shelves, input.products);
	const counts = view.products.map(() => 0);
	for (const item of items) {
		const product = view.products.findIndex((candidate) => candidate.sku === item.sku);
		if (product < 0 || !Number.isSafeInteger(item.quantity) || item.quantity < 0) {
			return false;
		}
		counts[product]! += item.quantity;
	}
	for (const moves of possibleMoves(view)) {
		if (!leavesRoom(view, moves)) {
			continue;
		}
		if (connectedShelves(view, moves).every((group) => explainsGroup(view, group, moves, counts))) {
			return true;
		}
	}
	return false;
}

function explainsGroup(
	view: WeightView,
	group: readonly number[],
	moves: readonly Move[],
	counts: readonly number[],
): boolean {
	const { targets, covariance } = moveOnto(view, group, moves);
	const residual = [...targets];
	const variance = covariance.map((line) => [...line]);
	for (const [row, shelf] of group.entries()) {
		for (const index of view.own[shelf]!) {
			const product = view.products[index]!;
			const taken = counts[index]! + moves.filter((move) => move.product === index).length;
			residual[row]! -= taken * product.massMilligrams;
			variance[row]![row]! += taken * unitVariance(product);
		}
	}
	return fits(gaussian(residual, variance).squaredDistance, group.length);
}
