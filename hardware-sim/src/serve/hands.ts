import type { Fridge, Unit } from "../world/fridge.ts";
import type { Thing } from "../world/shelf.ts";
import { NotPossible } from "./not-possible.ts";
import type { PageThing } from "./page-state.ts";

/** A hand needs the door open so far. */
const reachDegrees = 20;
const stoneId = "stone";

/** The hands of whoever sits at the page: they take a thing that was pointed at, and put it where the finger let go. */
export class Hands {
	readonly #fridge: Fridge;
	/** What is out of the fridge, taken last at the end. */
	readonly #held: Unit[] = [];
	#stone: Thing = { name: "Stone", milligrams: 355_000 };

	constructor(fridge: Fridge) {
		this.#fridge = fridge;
	}

	/** What is in the basket, the stone first while it is not in the fridge. No stone where there are no shelves. */
	get held(): readonly PageThing[] {
		const isOut = this.#fridge.shelves.length > 0 && this.#fridge.placeOf(this.#stone) === undefined;
		const stone = isOut ? [this.describe(this.#stone)] : [];
		return [...stone, ...this.#held.map((unit) => this.describe(unit))];
	}

	/** What the goods in the basket cost together. */
	get cents(): number {
		return this.#held.reduce((sum, { priceCents }) => sum + priceCents, 0);
	}

	/** The shopper carries home what is in the basket; the next one begins with an empty one. */
	carryHome(): void {
		this.#held.length = 0;
	}

	describe(thing: Thing): PageThing {
		const { name, milligrams } = thing;
		return isUnit(thing) ? { id: thing.id, sku: thing.sku, name, milligrams } : { id: stoneId, name, milligrams };
	}

	take(id: string): void {
		this.#reach();
		const thing = this.#find(id);
		const shelf = this.#fridge.placeOf(thing);
		if (shelf === undefined) throw new NotPossible(`${thing.name} is in your basket already.`);
		this.#fridge.liftByHand(thing, shelf);
		const { name, milligrams } = thing;
		if (isUnit(thing)) {
			this.#held.push(thing);
			this.#fridge.record("took", { sku: thing.sku, name, milligrams, shelf: shelf.number });
		} else this.#fridge.record("took", { name, milligrams, shelf: shelf.number });
	}

	put(id: string, shelfNumber: number): void {
		this.#reach();
		const thing = this.#find(id);
		if (this.#fridge.placeOf(thing) !== undefined) throw new NotPossible(`${thing.name} lies in the fridge already.`);
		const shelf = this.#fridge.shelves[shelfNumber];
		if (shelf === undefined)
			throw new NotPossible(`There is no shelf ${shelfNumber}; there are ${this.#fridge.shelves.length}, from 0.`);
		this.#fridge.putByHand(thing, shelf);
		const { name, milligrams } = thing;
		if (isUnit(thing)) {
			this.#held.splice(this.#held.indexOf(thing), 1);
			this.#fridge.record("put back", { sku: thing.sku, name, milligrams, shelf: shelfNumber });
		} else this.#fridge.record("placed", { name, milligrams, shelf: shelfNumber });
	}

	/** Picks up another stone instead. */
	chooseStone(grams: number): void {
		if (this.#fridge.placeOf(this.#stone) !== undefined)
			throw new NotPossible("The stone lies in the fridge: take it out first.");
		this.#stone = { name: "Stone", milligrams: grams * 1_000 };
	}

	#find(id: string): Thing {
		if (id === stoneId) return this.#stone;
		const unit = this.#fridge.units.find((candidate) => candidate.id === id);
		const isHere = unit !== undefined && (this.#held.includes(unit) || this.#fridge.placeOf(unit) !== undefined);
		if (!isHere) throw new NotPossible(`There is no ${id} here.`);
		return unit;
	}

	#reach(): void {
		if (this.#fridge.door.angleDegrees < reachDegrees)
			throw new NotPossible("The door is shut: nobody can reach inside. Open it first.");
	}
}

function isUnit(thing: Thing): thing is Unit {
	return "sku" in thing;
}
