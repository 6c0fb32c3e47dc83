import type { SimulationClock } from "../clock.ts";

const tickMs = 2;

/** Lets simulated clocks follow the real one, since johnny-five programs use real timers. */
export class WallTime {
	#clock: SimulationClock | undefined;
	#startedAtMs = 0;
	#fromNs = 0;
	#interval: ReturnType<typeof setInterval> | undefined;
	#running = false;

	/** From now on the clock goes as fast as the wall's. */
	follow(clock: SimulationClock): void {
		this.leave();
		this.#clock = clock;
		this.#fromNs = clock.now;
		this.#startedAtMs = performance.now();
		this.#interval = setInterval(() => this.catchUp(), tickMs);
	}

	/** The clock goes to where it should be by now. */
	catchUp(): void {
		// A callback of the simulation that writes to a pin is inside of the clock already.
		if (this.#clock === undefined || this.#running) return;
		const ns = Math.round(this.#fromNs + (performance.now() - this.#startedAtMs) * 1e6 - this.#clock.now);
		this.#running = true;
		try {
			if (ns >= 0) this.#clock.run(ns);
		} finally {
			this.#running = false;
		}
	}

	/** Once, as soon as no script runs. */
	soon(run: () => void): void {
		this.#clock?.callback(run);
	}

	/** Again and again, in simulated time. Returns the function that ends it. */
	every(milliseconds: () => number, run: () => void): () => void {
		let cancel: () => void = () => undefined;
		const next = (): void => {
			cancel =
				this.#clock?.callbackAfter(milliseconds() * 1e6, () => {
					next();
					run();
				}) ?? cancel;
		};
		next();
		return () => cancel();
	}

	/** The clock stands still again. */
	leave(): void {
		clearInterval(this.#interval);
		this.#clock = undefined;
	}
}
