import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";

/** From current to a drawn bolt, and from no current to a bolt that has sprung back: usual values of 12 V cabinet locks. */
const pullInNs = 10_000_000;
const dropOutNs = 15_000_000;

/**
 * Fail-secure solenoid lock behind a MOSFET: the bolt is drawn while the coil has current, and springs back without.
 * The gate has a pull-down, so a pin that floats keeps the lock shut.
 */
export class SolenoidLockChip {
	readonly #clock: SimulationClock;
	readonly #listeners: ((released: boolean) => void)[] = [];
	#isReleased = false;
	#cancelMotion: (() => void) | undefined;
	#onSince: number | undefined;
	#longestOnNs = 0;
	#pulses = 0;

	constructor(options: { readonly clock: SimulationClock; readonly coil: Net }) {
		this.#clock = options.clock;
		options.coil.pull(0);
		options.coil.watch((level) => this.#setCurrent(level === 1));
		if (options.coil.level === 1) this.#setCurrent(true);
	}

	/** The bolt is drawn: the door can be opened. */
	get released(): boolean {
		return this.#isReleased;
	}

	/** The coil has current. */
	get energised(): boolean {
		return this.#onSince !== undefined;
	}

	/** The longest time that the coil had current without a break, in milliseconds, the running one included. */
	get longestOnMs(): number {
		const running = this.#onSince === undefined ? 0 : this.#clock.now - this.#onSince;
		return Math.max(this.#longestOnNs, running) / 1e6;
	}

	/** How often the coil was switched on. */
	get pulses(): number {
		return this.#pulses;
	}

	/** Calls `listener` when the bolt has moved, on the hardware lane. */
	onChange(listener: (released: boolean) => void): void {
		this.#listeners.push(listener);
	}

	#setCurrent(on: boolean): void {
		if (on) {
			this.#onSince = this.#clock.now;
			this.#pulses++;
		} else {
			this.#longestOnNs = this.longestOnMs * 1e6;
			this.#onSince = undefined;
		}
		this.#cancelMotion?.();
		if (on === this.#isReleased) return;
		this.#cancelMotion = this.#clock.after(on ? pullInNs : dropOutNs, () => {
			this.#isReleased = on;
			for (const listener of this.#listeners) listener(on);
		});
	}
}
