import type { Product } from "@visionvend/sdk/catalog/product";
import type { SimulationClock } from "../clock.ts";
import type { SeededRandom } from "../random.ts";
import type { Action } from "./action.ts";
import { Door, type DoorTimes } from "./door.ts";
import type { FridgeHardware } from "./fridge-hardware.ts";
import { lookOfProduct, type Size } from "./product-look.ts";
import { Shelf, type Thing } from "./shelf.ts";
import { freePlace, layOutShelf, type Place } from "./shelf-layout.ts";

const nsPerMs = 1_000_000;
const driftStepMs = 500;

/** One thing for sale. No two weigh the same. */
export interface Unit extends Thing {
	/** Unique in the fridge, e.g. `cola-3`. */
	readonly id: string;
	readonly sku: string;
	readonly priceCents: number;
	/** The shelf it belongs on. */
	readonly homeShelf: number;
	/** Where it stands there, when it is in order. */
	readonly homePlace: Place;
}

export interface FridgeOptions extends DoorTimes {
	readonly clock: SimulationClock;
	readonly random: SeededRandom;
	readonly hardware: FridgeHardware;
	readonly products: readonly Product[];
	/** 6 by default. */
	readonly unitsPerProduct?: number | undefined;
	/** How fast the load cells wander as they warm or cool, milligrams a minute; 0 by default. */
	readonly driftMilligramsPerMinute?: number | undefined;
}

/**
 * A fridge full of products, as it truly is. What the sensors make of it is another matter; tests compare the two.
 */
export class Fridge {
	readonly door: Door;
	/** By number, topmost first. */
	readonly shelves: readonly Shelf[];
	/** Every unit the fridge was filled with. */
	readonly units: readonly Unit[];
	readonly #clock: SimulationClock;
	readonly #hands: SeededRandom;
	readonly #journal: Action[] = [];
	readonly #listeners: ((action: Action) => void)[] = [];
	#stopDrift: () => void = () => undefined;

	constructor(options: FridgeOptions) {
		const { clock, hardware, products, random } = options;
		this.#clock = clock;
		this.#hands = random.fork("hands");
		const unitsPerProduct = options.unitsPerProduct ?? 6;
		const count = Math.max(-1, ...products.map((product) => product.shelf)) + 1;
		const places = placesOf(products, unitsPerProduct);
		this.units = products.flatMap((product) => unitsOf(product, places.get(product) ?? [], random));
		this.shelves = Array.from(
			{ length: count },
			(_, number) => new Shelf(number, (milligrams) => hardware.setLoad(number, milligrams)),
		);
		for (const unit of this.units) this.shelf(unit.homeShelf).put(unit, unit.homePlace);
		this.door = new Door({
			...options,
			onChange: (change, hardness) => {
				if (change === "slammed") this.#shake(hardness);
				else this.record(`door ${change}`);
			},
		});
		hardware.onBoltChange((released) => this.record(released ? "bolt back" : "bolt out"));
		const drift = options.driftMilligramsPerMinute ?? 0;
		if (drift !== 0) this.#startDrift(drift, random.fork("drift"));
	}

	/** Everything that happened, oldest first. */
	get journal(): readonly Action[] {
		return this.#journal;
	}

	onAction(listener: (action: Action) => void): void {
		this.#listeners.push(listener);
	}

	shelf(number: number): Shelf {
		const shelf = this.shelves[number];
		if (shelf === undefined) {
			throw new RangeError(
				`There is no shelf ${number} in this fridge; it has shelves 0 to ${this.shelves.length - 1}.`,
			);
		}
		return shelf;
	}

	/** The shelf that this lies on; `undefined` when it is outside the fridge. */
	placeOf(thing: Thing): Shelf | undefined {
		return this.shelves.find((shelf) => shelf.has(thing));
	}

	/** The units that are outside the fridge now. */
	taken(): Unit[] {
		return this.units.filter((unit) => this.placeOf(unit) === undefined);
	}

	/** What the taken units cost together, cents. */
	priceOfTaken(): number {
		return this.taken().reduce((sum, unit) => sum + unit.priceCents, 0);
	}

	/** Used by whoever acts in the world. */
	record(event: Action["event"], fields: Action["fields"] = {}): void {
		const action: Action = { atNs: this.#clock.now, event, fields };
		this.#journal.push(action);
		for (const listener of this.#listeners) listener(action);
	}

	/**
	 * A hand takes a thing off its shelf: it touches, pulls against what sticks, lifts, and lets the shelf swing back.
	 * Returns how long that takes, nanoseconds.
	 */
	liftByHand(thing: Thing, shelf: Shelf): number {
		const touch = this.#forceOf(35_000);
		shelf.lift(thing);
		return this.#push(shelf, [
			{ untilMs: 80, milligrams: thing.milligrams + touch },
			{ untilMs: 130, milligrams: thing.milligrams - touch },
			{ untilMs: 180, milligrams: -this.#forceOf(12_000) },
			{ untilMs: 240, milligrams: this.#forceOf(5_000) },
		]);
	}

	/** A hand puts a thing on a shelf: it comes near, lands with a bump, and lets go. Returns the time, nanoseconds. */
	putByHand(thing: Thing, shelf: Shelf): number {
		shelf.put(thing, this.#placeFor(thing, shelf));
		return this.#push(shelf, [
			{ untilMs: 60, milligrams: -thing.milligrams },
			{ untilMs: 110, milligrams: this.#forceOf(80_000) },
			{ untilMs: 170, milligrams: this.#forceOf(30_000) },
			{ untilMs: 230, milligrams: -this.#forceOf(8_000) },
		]);
	}

	/** Stops what goes on for ever (drift), so that a clock can run empty. */
	close(): void {
		this.#stopDrift();
	}

	/** Home where it comes from this shelf, else where there is room. */
	#placeFor(thing: Thing, shelf: Shelf): Place {
		const unit = this.units.find((candidate) => candidate === thing);
		if (unit?.homeShelf === shelf.number) return unit.homePlace;
		const others = shelf.things.flatMap((other) => {
			const place = shelf.placeOf(other);
			return place === undefined ? [] : [{ place, ...this.#sizeOf(other) }];
		});
		return freePlace(this.#sizeOf(thing), others);
	}

	#sizeOf(thing: Thing): Size {
		return lookOfProduct(this.units.find((unit) => unit === thing)?.sku ?? "stone");
	}

	/** The door falls shut: every shelf trembles for a third of a second. */
	#shake(hardness: number): void {
		for (const shelf of this.shelves) {
			const size = this.#forceOf(20_000 * hardness);
			this.#push(
				shelf,
				[1, -0.7, 0.45, -0.25, 0.1].map((part, index) => ({ untilMs: (index + 1) * 70, milligrams: size * part })),
			);
		}
	}

	/** Applies forces one after the other, the first at once. */
	#push(shelf: Shelf, forces: readonly { untilMs: number; milligrams: number }[]): number {
		let fromNs = 0;
		for (const { untilMs, milligrams } of forces) {
			const untilNs = untilMs * nsPerMs;
			const start = () => shelf.push(milligrams);
			if (fromNs === 0) start();
			else this.#clock.after(fromNs, start);
			this.#clock.after(untilNs, () => shelf.push(-milligrams));
			fromNs = untilNs;
		}
		return fromNs;
	}

	/** About `milligrams`, a third more or less. Whole, so that forces cancel out exactly. */
	#forceOf(milligrams: number): number {
		return Math.round(milligrams * (2 / 3 + (this.#hands.next() * 2) / 3));
	}

	/** Each cell wanders in a direction of its own, and turns now and then. */
	#startDrift(milligramsPerMinute: number, random: SeededRandom): void {
		const drifts = this.shelves.map((shelf) => ({ shelf, milligrams: 0, rate: random.gaussian() }));
		const step = () => {
			for (const drift of drifts) {
				drift.rate = 0.995 * drift.rate + 0.1 * random.gaussian();
				drift.milligrams += (drift.rate * milligramsPerMinute * driftStepMs) / 60_000;
				drift.shelf.drift(drift.milligrams);
			}
			this.#stopDrift = this.#clock.after(driftStepMs * nsPerMs, step);
		};
		step();
	}
}

/** Shelf by shelf, in the order of the catalogue. */
function placesOf(products: readonly Product[], count: number): ReadonlyMap<Product, readonly Place[]> {
	const shelves = new Set(products.map(({ shelf }) => shelf));
	return new Map(
		[...shelves].flatMap((number) => {
			const here = products.filter(({ shelf }) => shelf === number);
			const places = layOutShelf(here.map(({ sku }) => ({ sku, count })));
			return here.map((product, index): [Product, readonly Place[]] => [product, places[index] ?? []]);
		}),
	);
}

/** Units weigh the product's mass ± its tolerance: normally distributed, a third of the tolerance wide, none outside. */
function unitsOf(product: Product, places: readonly Place[], random: SeededRandom): Unit[] {
	const chance = random.fork(`units of ${product.sku}`);
	return places.map((homePlace, index) => {
		const deviation = Math.max(-3, Math.min(3, chance.gaussian())) / 3;
		return {
			id: `${product.sku}-${index + 1}`,
			sku: product.sku,
			name: product.name,
			priceCents: product.priceCents,
			homeShelf: product.shelf,
			homePlace,
			milligrams: Math.round(product.massMilligrams + deviation * product.toleranceMilligrams),
		};
	});
}
