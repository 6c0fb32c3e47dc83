/** Anything that lies on a shelf. */
export interface Thing {
	readonly name: string;
	readonly milligrams: number;
}

/** One load cell with what lies on it. Things and forces add up; where on the shelf they act plays no part. */
export class Shelf {
	/** 0 is the topmost. */
	readonly number: number;
	readonly #things = new Set<Thing>();
	readonly #setLoad: (milligrams: number) => void;
	#forceMilligrams = 0;
	#driftMilligrams = 0;

	constructor(number: number, setLoad: (milligrams: number) => void) {
		this.number = number;
		this.#setLoad = setLoad;
	}

	get things(): readonly Thing[] {
		return [...this.#things];
	}

	has(thing: Thing): boolean {
		return this.#things.has(thing);
	}

	/** Sum of what lies here, milligrams. */
	get massMilligrams(): number {
		let sum = 0;
		for (const thing of this.#things) sum += thing.milligrams;
		return sum;
	}

	/** What the load cell feels: mass, hands and drift, milligrams. */
	get loadMilligrams(): number {
		return Math.round(this.massMilligrams + this.#forceMilligrams + this.#driftMilligrams);
	}

	put(thing: Thing): void {
		this.#things.add(thing);
		this.apply();
	}

	lift(thing: Thing): void {
		this.#things.delete(thing);
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
