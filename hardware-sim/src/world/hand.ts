import type { SimulationClock } from "../clock.ts";
import type { Place } from "./shelf-layout.ts";
import { shelfSize } from "./shelf-layout.ts";

const nsPerMs = 1_000_000;
/** From in front of the fridge to a thing. */
const reachNs = 350 * nsPerMs;
/** Out again, with the thing or without it. */
const backNs = 450 * nsPerMs;
/** A hand waits here, this far in front of the shelves. */
const frontMm = -350;
/** So high it lifts a thing before it draws it out. */
const liftMm = 40;

/** A point in the fridge, millimetres. */
export interface Point {
	/** From the left end of the shelves. */
	readonly xMm: number;
	/** Below the topmost shelf; a hand that is above that shelf has less than 0. */
	readonly yMm: number;
	/** From the front edge of the shelves towards the back; in front of them it is below 0. */
	readonly zMm: number;
}

interface Waypoint extends Point {
	readonly atNs: number;
}

/** What a hand does at a shelf. */
export interface Reach {
	readonly shelf: number;
	readonly place: Place;
	/** From the first touch until it lets go of the shelf. */
	readonly touchNs: number;
	/** What it carries in, or out. */
	readonly carries: "in" | "out" | "nothing";
}

/**
 * Where a shopper's hand is. What happens at a shelf begins when the shopper acts, so that the way in lies before that
 * moment and the way out behind it: whoever draws the hand asks for a moment that is past.
 */
export class Hand {
	readonly #clock: SimulationClock;
	#path: readonly Waypoint[] = [];

	constructor(clock: SimulationClock) {
		this.#clock = clock;
	}

	/** It touches something now. */
	reach({ shelf, place, touchNs, carries }: Reach): void {
		const { now } = this.#clock;
		const yMm = shelf * shelfSize.spacingMm;
		const there = { xMm: place.xMm, yMm, zMm: place.zMm };
		const lifted = { ...there, yMm: yMm - (carries === "nothing" ? 0 : liftMm) };
		const front = { ...lifted, zMm: frontMm };
		const before = this.#path.filter(({ atNs }) => atNs < now - reachNs);
		const begin = this.at(now - reachNs) ?? front;
		this.#path = [
			...before.slice(-1),
			{ ...begin, atNs: now - reachNs },
			{ ...(carries === "in" ? lifted : there), atNs: now },
			{ ...(carries === "out" ? lifted : there), atNs: now + touchNs },
			{ ...front, atNs: now + touchNs + backNs },
		];
	}

	/** Where it is at a moment; `undefined` before it came the first time, and after it has gone. */
	at(atNs: number): Point | undefined {
		const next = this.#path.findIndex((waypoint) => waypoint.atNs >= atNs);
		const to = this.#path[next];
		if (to === undefined) return undefined;
		const from = this.#path[next - 1];
		if (from === undefined) return to.atNs === atNs ? pointOf(to) : undefined;
		const part = (atNs - from.atNs) / (to.atNs - from.atNs);
		// It starts and stops softly.
		const soft = part * part * (3 - 2 * part);
		const between = (a: number, b: number) => a + (b - a) * soft;
		return {
			xMm: between(from.xMm, to.xMm),
			yMm: between(from.yMm, to.yMm),
			zMm: between(from.zMm, to.zMm),
		};
	}
}

function pointOf({ xMm, yMm, zMm }: Waypoint): Point {
	return { xMm, yMm, zMm };
}
