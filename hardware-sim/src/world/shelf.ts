import { type Place, shelfSize } from "./shelf-layout.ts";

/** Anything that lies on a shelf. */
export interface Thing {
	readonly name: string;
	readonly milligrams: number;
}

/** Where somebody leaves a thing who does not look: at the front, in the middle. */
const frontMiddle: Place = Object.freeze({ xMm: shelfSize.widthMm / 2, zMm: 60 });

/**
 * One load cell with what lies on it: a single-point cell under the middle of the shelf, as every machine here has.
 * What it feels is the sum of masses, hands, trembling and drift. Where on the shelf they act plays no part: such a cell
 * is made to feel the same at every corner of its platform, and what is left of that error is smaller than its noise
 * here.
 */
export class Shelf {
	/** 0 is the topmost. */
	readonly number: number;
	readonly #things = new Map<Thing, Place>();
	readonly #setLoad: (milligrams: number) => void;
	#version = 0;
	#forceMilligrams = 0;
	#driftMilligrams = 0;

	constructor(number: number, setLoad: (milligrams: number) => void) {
		this.number = number;
		this.#setLoad = setLoad;
	}

	get things(): readonly Thing[] {
		return [...this.#things.keys()];
	}

	/** Another number whenever something was put here or lifted. */
	get version(): number {
		return this.#version;
	}

	has(thing: Thing): boolean {
		return this.#things.has(thing);
	}

	/** Sum of what lies here, milligrams. */
	get massMilligrams(): number {
		let sum = 0;
		for (const thing of this.#things.keys()) sum += thing.milligrams;
		return sum;
	}

	/** What the load cell feels: mass, hands and drift, milligrams. */
	get loadMilligrams(): number {
		return Math.round(this.massMilligrams + this.#forceMilligrams + this.#driftMilligrams);
	}

	/** Where a thing stands; `undefined` when it is not here. */
	placeOf(thing: Thing): Place | undefined {
		return this.#things.get(thing);
	}

	/** At the front where nobody says otherwise. */
	put(thing: Thing, place: Place = frontMiddle): void {
		this.#things.set(thing, place);
		this.#version++;
		this.apply();
	}

	/** The middle of the front edge: where somebody leans on it. */
	get edge(): Place {
		return { ...frontMiddle, zMm: 0 };
	}

	lift(thing: Thing): void {
		this.#things.delete(thing);
		this.#version++;
		this.apply();
	}

	/** A force on top of the mass: a hand pushes (positive) or pulls (negative). Forces add up until taken back. */
	push(milligrams: number): void {
		this.#forceMilligrams += milligrams;
		this.apply();
	}

	/** How far the cell's zero has wandered, milligrams. */
	drift(milligrams: number): void {
		this.#driftMilligrams = milligrams;
		this.apply();
	}

	apply(): void {
		this.#setLoad(this.loadMilligrams);
	}
}
