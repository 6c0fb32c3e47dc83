import type { SimulationClock } from "../clock.ts";
import type { Fridge, Unit } from "./fridge.ts";
import { Hand } from "./hand.ts";
import type { Shelf, Thing } from "./shelf.ts";

const reachDegrees = 20;

/**
 * Somebody at the fridge. Every action starts at once and takes its time on the clock ({@link busy}); how long the
 * shopper waits between two of them is the caller's story.
 */
export class Shopper {
	/** The hand that reaches inside, for whoever draws it. */
	readonly hand: Hand;
	readonly #fridge: Fridge;
	readonly #clock: SimulationClock;
	#handsBusyUntilNs = 0;

	constructor(options: { fridge: Fridge; clock: SimulationClock }) {
		this.#fridge = options.fridge;
		this.#clock = options.clock;
		this.hand = new Hand(options.clock);
	}

	/** Whether a hand or the door is still moving. */
	get busy(): boolean {
		return this.#clock.now < this.#handsBusyUntilNs || this.#fridge.door.moving;
	}

	/** Pulls at the door, for `overMs` where given. False when the bolt holds it shut. */
	open(overMs?: number): boolean {
		return this.#fridge.door.pull(overMs);
	}

	/** Tears the door open, whatever the bolt says. */
	force(): void {
		this.#fridge.door.force();
	}

	/** Lets the door fall shut, or moves it shut within `overMs`. */
	close(overMs?: number): void {
		this.#fridge.door.release(overMs);
	}

	/** Takes one unit of a product: from its own shelf while there is one, else from where one was left. */
	take(sku: string): Unit {
		this.#reach();
		const units = this.#fridge.units.filter((unit) => unit.sku === sku);
		const unit =
			units.find((candidate) => this.#fridge.placeOf(candidate)?.number === candidate.homeShelf) ??
			units.find((candidate) => this.#fridge.placeOf(candidate) !== undefined);
		const shelf = unit && this.#fridge.placeOf(unit);
		if (unit === undefined || shelf === undefined) throw new Error(`There is no ${sku} in the fridge to take.`);
		const place = shelf.placeOf(unit) ?? shelf.edge;
		const touchNs = this.#fridge.liftByHand(unit, shelf);
		this.hand.reach({ shelf: shelf.number, place, touchNs, carries: "out", thing: unit });
		this.#spend(touchNs);
		this.#tell("took", unit, shelf);
		return unit;
	}

	/** Puts a taken unit back, on its own shelf or on another one. */
	putBack(unit: Unit, shelf = unit.homeShelf): void {
		this.#reach();
		if (this.#fridge.placeOf(unit) !== undefined) throw new Error(`${unit.id} is in the fridge already.`);
		const home = this.#fridge.shelf(shelf);
		this.#put(unit, home);
		this.#tell("put back", unit, home);
	}

	/** Puts something on a shelf that was never for sale: a stone, a phone. */
	place(object: Thing, shelf: number): void {
		this.#reach();
		this.#put(object, this.#fridge.shelf(shelf));
		this.#fridge.record("placed", { name: object.name, milligrams: object.milligrams, shelf });
	}

	/**
	 * Leans on the front edge of a shelf, or pulls at it with a force below 0: so much in milligrams, as the mass that would
	 * weigh it. Until the function that it returns is called.
	 */
	lean(shelf: number, milligrams: number): () => void {
		this.#reach();
		const place = this.#fridge.shelf(shelf);
		place.push(milligrams);
		const gesture = this.hand.reach({
			shelf,
			place: place.edge,
			touchNs: Number.POSITIVE_INFINITY,
			carries: "nothing",
		});
		let isOver = false;
		return () => {
			if (!isOver) {
				place.push(-milligrams);
				gesture.leave(this.#clock.now);
			}
			isOver = true;
		};
	}

	#put(thing: Thing, shelf: Shelf): void {
		const touchNs = this.#fridge.putByHand(thing, shelf);
		const place = shelf.placeOf(thing) ?? shelf.edge;
		this.hand.reach({ shelf: shelf.number, place, touchNs, carries: "in", thing });
		this.#spend(touchNs);
	}

	#reach(): void {
		const angle = this.#fridge.door.angleDegrees;
		if (angle >= reachDegrees) return;
		throw new Error(
			`Nobody can reach into the fridge: the door is open by ${angle.toFixed(1)}°, a hand needs ${reachDegrees}°. Open it, and let time pass.`,
		);
	}

	#spend(durationNs: number): void {
		this.#handsBusyUntilNs = Math.max(this.#handsBusyUntilNs, this.#clock.now + durationNs);
	}

	#tell(event: "took" | "put back", unit: Unit, shelf: Shelf): void {
		const { sku, name, milligrams } = unit;
		this.#fridge.record(event, { sku, name, milligrams, shelf: shelf.number });
	}
}
