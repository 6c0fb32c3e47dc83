import type { ShelfSnapshot } from "@visionvend/sdk/basket/vision-evidence";
import { centreOf } from "../track/box.ts";
import { changesBetween, type UnitChange } from "./scene-change.ts";
import { type ShelfZone, shelfAt } from "./shelf-zones.ts";
import type { StandingScene } from "./standing-scene.ts";

/** One camera's picture of the shelves before the door opened and after it closed. */
export interface ScenePair {
	readonly camera: number;
	/** Of its pictures, pixels. */
	readonly width: number;
	readonly height: number;
	readonly before: StandingScene;
	readonly after: StandingScene;
}

/** How often a unit that seems gone or new is not. */
const mistaken = 0.02;
/**
 * How often one that is gone goes unnoticed, since the next one of its row looks the same, and how often then a second one does: of
 * small things that stand close all go so. How often a new one does.
 */
const unnoticedTake = 0.16;
const anotherTake = 0.35;
const unnoticedReturn = 0.01;
/** Changes less probable than this are not told. */
const leastProbability = 0.001;

/**
 * What stands on each shelf, counted before and after. Each shelf that the scenes show is told, with every product that
 * was seen on it before or after; a shelf or product that was not seen is left out, since nothing can be said about it.
 */
export function countSnapshots(
	pairs: readonly ScenePair[],
	labels: readonly string[],
	zones: readonly ShelfZone[],
): ShelfSnapshot[] {
	const shelves = new Map<number, { skus: Set<number>; changes: UnitChange[] }>();
	for (const { camera, width, height, before, after } of pairs) {
		const shelfOf = (box: Parameters<typeof centreOf>[0]) => {
			const [x, y] = centreOf(box);
			return shelfAt(zones, camera, x / width, y / height);
		};
		const of = (shelf: number) => {
			const known = shelves.get(shelf) ?? { skus: new Set<number>(), changes: [] };
			shelves.set(shelf, known);
			return known;
		};
		for (const { box, classes, presence } of [...before.things, ...after.things]) {
			const shelf = shelfOf(box);
			if (shelf === undefined || presence < 0.5) continue;
			for (const [label, probability] of classes.entries()) if (probability > 0.2) of(shelf).skus.add(label);
		}
		for (const change of changesBetween(before, after)) {
			const shelf = shelfOf(change.thing.box);
			if (shelf === undefined) continue;
			of(shelf).changes.push(change);
			for (const [label, probability] of change.thing.classes.entries())
				if (probability > 0.2) of(shelf).skus.add(label);
		}
	}
	return [...shelves]
		.sort(([a], [b]) => a - b)
		.map(([shelf, { skus, changes }]): ShelfSnapshot => {
			const told = [...skus]
				.sort((a, b) => a - b)
				.filter((label) => labels[label] !== undefined && labels[label] !== "hand")
				.map((label) => [labels[label]!, netOf(changes, label)] as const);
			return { shelf, changes: Object.fromEntries(told) };
		});
}

/** Probability of each net change of one product: how many fewer are there. */
function netOf(changes: readonly UnitChange[], label: number): [change: number, probability: number][] {
	let net = new Map([[0, 1]]);
	for (const { kind, thing } of changes) {
		const happened = (1 - mistaken) * (thing.classes[label] ?? 0);
		net = shifted(net, kind === "removed" ? 1 : -1, happened);
	}
	// One unit more may be gone, or two, and seldom one less, that nothing in the picture tells.
	const [one, two] = [shifted(net, 1, 1), shifted(net, 2, 1)];
	net = mixed([net, 1 - unnoticedTake], [one, unnoticedTake * (1 - anotherTake)], [two, unnoticedTake * anotherTake]);
	net = shifted(net, -1, unnoticedReturn);
	return [...net].filter(([, probability]) => probability >= leastProbability).sort(([a], [b]) => a - b);
}

function mixed(...parts: (readonly [net: ReadonlyMap<number, number>, share: number])[]): Map<number, number> {
	const sum = new Map<number, number>();
	for (const [net, share] of parts)
		for (const [change, weight] of net) sum.set(change, (sum.get(change) ?? 0) + share * weight);
	return sum;
}

function shifted(net: ReadonlyMap<number, number>, by: number, probability: number): Map<number, number> {
	const next = new Map<number, number>();
	for (const [change, weight] of net) {
		next.set(change, (next.get(change) ?? 0) + weight * (1 - probability));
		next.set(change + by, (next.get(change + by) ?? 0) + weight * probability);
	}
	return next;
}
