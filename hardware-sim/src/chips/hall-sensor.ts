import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

/** Contacts have come to rest after this long. */
const bounceNs = 1_000_000;

export interface HallSensorChipOptions {
	readonly clock: SimulationClock;
	/** Open drain: without a pull-up nobody sees the magnet leave. */
	readonly output: Net;
	/** With it the output bounces for up to 1 ms, as a reed switch does; without it each change is one edge. */
	readonly random?: SeededRandom;
}

/** Door sensor with an open-drain output, active low (A3144 hall switch; a reed switch to ground is the same on the wire). */
export class HallSensorChip {
	readonly #clock: SimulationClock;
	readonly #random: SeededRandom | undefined;
	readonly #output: Driver;
	#isNear = false;
	#isConnected = true;
	#cancelBounces: (() => void)[] = [];

	constructor(options: HallSensorChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#output = options.output.attach();
	}

	/** The magnet on the door: near is a closed door, and a low output. */
	setMagnet(near: boolean): void {
		if (near === this.#isNear) return;
		this.#isNear = near;
		for (const cancel of this.#cancelBounces) cancel();
		this.#cancelBounces = [];
		this.#show(near);
		const random = this.#random;
		if (random === undefined) return;
		const bounces = 1 + Math.floor(random.next() * 3);
		const times = Array.from({ length: 2 * bounces }, () => random.next() * bounceNs).sort((a, b) => a - b);
		times.forEach((at, index) => {
			this.#cancelBounces.push(this.#clock.after(at, () => this.#show(index % 2 === 0 ? !near : near)));
		});
	}

	get magnetNear(): boolean {
		return this.#isNear;
	}

	/** False: the cable is cut, and the output floats whatever the door does. */
	setConnected(connected: boolean): void {
		this.#isConnected = connected;
		this.#show(this.#isNear);
	}

	#show(near: boolean): void {
		this.#output.drive(near && this.#isConnected ? 0 : "Z");
	}
}
