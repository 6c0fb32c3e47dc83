import type { SimulationClock } from "../clock.ts";
import type { Driver, Net, NetLevel } from "../net.ts";

const us = 1_000;
/** From the emitter's supply until the receiver's output follows, about. */
const settleNs = 500 * us;

/**
 * Light barrier under the slots of a vending machine: an emitter, a receiver with an open-collector output, low while no
 * light arrives. Where `emitter` is a net it is the emitter's supply; without it the emitter is always on.
 */
export class DropSensorChip {
	readonly #clock: SimulationClock;
	readonly #output: Driver;
	readonly #emitter: Net | undefined;
	readonly #darkLevel: NetLevel;
	#inTheWay = 0;
	#isAlive = true;
	#isDirty = false;
	#fallen = 0;

	/** `darkLevel`: level of the output while the beam is broken; 0 where not given. */
	constructor(options: {
		readonly clock: SimulationClock;
		readonly output: Net;
		readonly emitter?: Net;
		readonly darkLevel?: NetLevel;
	}) {
		this.#clock = options.clock;
		this.#output = options.output.attach();
		this.#emitter = options.emitter;
		this.#darkLevel = options.darkLevel ?? 0;
		options.emitter?.watch(() => this.#clock.after(settleNs, () => this.#show()));
		this.#show();
	}

	/** What fell through the beam. */
	get fallen(): number {
		return this.#fallen;
	}

	/** Something falls through the beam and darkens it for `milliseconds`: 10 cm at 3 m/s are 33. */
	fall(milliseconds = 33): void {
		this.#fallen++;
		this.#inTheWay++;
		this.#show();
		this.#clock.after(milliseconds * 1e6, () => {
			this.#inTheWay--;
			this.#show();
		});
	}

	/** A dirty lens, or something that lies in the chute: no light arrives any more. */
	setDirty(dirty: boolean): void {
		this.#isDirty = dirty;
		this.#show();
	}

	/** False: dead. The output stays as if light arrived, whatever falls. */
	setAlive(alive: boolean): void {
		this.#isAlive = alive;
		this.#show();
	}

	#show(): void {
		const isLit = this.#emitter === undefined || this.#emitter.level === 1;
		const isDark = this.#isAlive && (this.#isDirty || this.#inTheWay > 0 || !isLit);
		if (isDark === (this.#darkLevel === 0)) this.#output.drive(0);
		// An open collector that lets go; a sensor that is active high has a push-pull output.
		else this.#output.drive(this.#darkLevel === 0 ? "Z" : 1);
	}
}
