import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

/** A worn button has come to rest after this long; a good one within a fifth of it. An assumption. */
const bounceNs = 10_000_000;

export interface RestockButtonChipOptions {
	readonly clock: SimulationClock;
	/** The contact, to ground. Without a pull-up nobody sees it open. */
	readonly contact: Net;
	/** With it the contact bounces for up to 10 ms; without it each change is one edge. */
	readonly random?: SeededRandom;
}

/** Momentary push button, normally open, to ground. */
export class RestockButtonChip {
	readonly #clock: SimulationClock;
	readonly #random: SeededRandom | undefined;
	readonly #contact: Driver;
	#isPressed = false;
	#isStuck = false;
	#isConnected = true;
	#isClosed = false;
	#cancelBounces: (() => void)[] = [];

	constructor(options: RestockButtonChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#contact = options.contact.attach();
	}

	/** A finger on the button, until `release`. */
	press(): void {
		this.#isPressed = true;
		this.#move();
	}

	release(): void {
		this.#isPressed = false;
		this.#move();
	}

	/** True: it stays down once it is pressed, whatever the finger does. */
	setStuck(stuck: boolean): void {
		this.#isStuck = stuck;
		this.#move();
	}

	/** Interference on the cable: the net is low for `ns`. */
	glitch(ns: number): void {
		this.#contact.drive(0);
		this.#clock.after(ns, () => this.#show(this.#isClosed));
	}

	/** False: the cable is cut. */
	setConnected(connected: boolean): void {
		this.#isConnected = connected;
		this.#show(this.#isClosed);
	}

	#move(): void {
		const closed = this.#isPressed || (this.#isStuck && this.#isClosed);
		if (closed === this.#isClosed) return;
		this.#isClosed = closed;
		for (const cancel of this.#cancelBounces) cancel();
		this.#cancelBounces = [];
		this.#show(closed);
		const random = this.#random;
		if (random === undefined) return;
		const bounces = 1 + Math.floor(random.next() * 5);
		const times = Array.from({ length: 2 * bounces }, () => random.next() * bounceNs).sort((a, b) => a - b);
		times.forEach((at, index) => {
			this.#cancelBounces.push(this.#clock.after(at, () => this.#show(index % 2 === 0 ? !closed : closed)));
		});
	}

	#show(closed: boolean): void {
		this.#contact.drive(closed && this.#isConnected ? 0 : "Z");
	}
}
