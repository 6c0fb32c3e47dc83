import type { SimulationClock } from "../clock.ts";
import type { Thing } from "./shelf.ts";
import type { Place } from "./shelf-layout.ts";
import { shelfSize } from "./shelf-layout.ts";

const nsPerMs = 1_000_000;
/** From in front of the fridge to a thing. */
export const reachNs = 350 * nsPerMs;
/** Out again, with the thing or without it. */
const backNs = 450 * nsPerMs;
/** Of the way in and of the way out, the part between the shelf and {@link clearMm}. */
const insidePart = 0.4;
/** So far in front of the shelves a hand may go up or down without touching one. */
const clearMm = -140;
/** Where it comes from and goes to, out of what a camera sees: in front of the shelves, and below the one it reaches to. */
const away = Object.freeze({ frontMm: -520, belowMm: 290 });
/** So high it lifts a thing before it draws it out. */
const liftMm = 40;
/** What a hand did is forgotten so long after it has gone. */
const keepNs = 5_000 * nsPerMs;

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
	/** From the first touch until it lets go of the shelf; for ever where nobody knows yet ({@link Gesture.leave}). */
	readonly touchNs: number;
	/** What it carries in, or out. */
	readonly carries: "in" | "out" | "nothing";
	/** The thing that it carries, or touches. */
	readonly thing?: Thing | undefined;
}

/** One way of a hand to a shelf and back. Two that overlap in time are two hands. */
export class Gesture {
	/** Counts the gestures of a hand. */
	readonly number: number;
	readonly reach: Reach;
	/** The first touch. */
	readonly atNs: number;
	#path: readonly Waypoint[];

	constructor(number: number, reach: Reach, atNs: number) {
		this.number = number;
		this.reach = reach;
		this.atNs = atNs;
		this.#path = pathOf(reach, atNs, reach.touchNs);
	}

	/** When it comes into sight. */
	get fromNs(): number {
		return this.atNs - reachNs;
	}

	/** When it has gone. */
	get untilNs(): number {
		return this.#path.at(-1)?.atNs ?? this.atNs;
	}

	/** It draws back now, where nobody knew before how long it would stay. */
	leave(atNs: number): void {
		this.#path = pathOf(this.reach, this.atNs, atNs - this.atNs);
	}

	/** Where the hand is; `undefined` before it came and after it has gone. What it carries has its foot there. */
	at(atNs: number): Point | undefined {
		const next = this.#path.findIndex((waypoint) => waypoint.atNs >= atNs);
		const to = this.#path[next];
		const from = this.#path[next - 1];
		if (to === undefined) return undefined;
		if (from === undefined) return to.atNs === atNs ? pointOf(to) : undefined;
		if (to.atNs === Number.POSITIVE_INFINITY) return pointOf(from);
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

	/** What it has in its grip at a moment. */
	holds(atNs: number): Thing | undefined {
		const { carries, thing, touchNs } = this.reach;
		if (atNs < this.fromNs || atNs > this.untilNs) return undefined;
		if (carries === "out" && atNs >= this.atNs) return thing;
		if (carries === "in" && atNs < this.atNs + touchNs) return thing;
		return undefined;
	}
}

/**
 * A shopper's hands. What happens at a shelf begins when the shopper acts, so that the way in lies before that moment
 * and the way out behind it: whoever draws a hand asks for a moment that is past by {@link reachNs} or more.
 */
export class Hand {
	readonly #clock: SimulationClock;
	#gestures: readonly Gesture[] = [];
	#count = 0;

	constructor(clock: SimulationClock) {
		this.#clock = clock;
	}

	/** What it did in the last seconds and does now, oldest first. */
	get gestures(): readonly Gesture[] {
		return this.#gestures;
	}

	/** It touches something now. */
	reach(reach: Reach): Gesture {
		const { now } = this.#clock;
		const gesture = new Gesture(this.#count++, reach, now);
		this.#gestures = [...this.#gestures.filter(({ untilNs }) => untilNs > now - keepNs), gesture];
		return gesture;
	}
}

function pathOf({ shelf, place, carries }: Reach, atNs: number, touchNs: number): readonly Waypoint[] {
	const yMm = shelf * shelfSize.spacingMm - (place.liftMm ?? 0);
	const there = { xMm: place.xMm, yMm, zMm: place.zMm };
	const lifted = { ...there, yMm: yMm - (carries === "nothing" ? 0 : liftMm) };
	const clear = { ...lifted, zMm: Math.min(clearMm, place.zMm) };
	const gone = {
		xMm: (place.xMm + shelfSize.widthMm / 2) / 2,
		yMm: yMm + away.belowMm,
		zMm: away.frontMm,
	};
	return [
		{ ...gone, atNs: atNs - reachNs },
		{ ...clear, atNs: atNs - insidePart * reachNs },
		{ ...(carries === "in" ? lifted : there), atNs },
		{ ...(carries === "out" ? lifted : there), atNs: atNs + touchNs },
		{ ...clear, atNs: atNs + touchNs + insidePart * backNs },
		{ ...gone, atNs: atNs + touchNs + backNs },
	];
}

function pointOf({ xMm, yMm, zMm }: Waypoint): Point {
	return { xMm, yMm, zMm };
}
