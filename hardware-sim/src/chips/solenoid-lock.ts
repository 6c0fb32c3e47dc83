import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

/** From current to a drawn bolt, and from no current to a bolt that has sprung back: usual values of 12 V cabinet locks. */
const pullInNs = 10_000_000;
const dropOutNs = 15_000_000;
/** The bolt's switch has come to rest after this long. */
const bounceNs = 2_000_000;

export interface SolenoidLockChipOptions {
	readonly clock: SimulationClock;
	/** The MOSFET's gate. */
	readonly coil: Net;
	/** The bolt's switch, to ground while the bolt is thrown. Without a pull-up nobody sees it open. */
	readonly feedback?: Net;
	/** With it the switch bounces for up to 2 ms. */
	readonly random?: SeededRandom;
}

/**
 * Fail-secure solenoid lock behind a MOSFET: the bolt is drawn while the coil has current, and springs back without.
 * The gate has a pull-down, so a pin that floats keeps the lock shut.
 */
export class SolenoidLockChip {
	readonly #clock: SimulationClock;
	readonly #random: SeededRandom | undefined;
	readonly #switch: Driver | undefined;
	readonly #listeners: ((released: boolean) => void)[] = [];
	readonly #currentListeners: ((on: boolean) => void)[] = [];
	#isReleased = false;
	#isJammed = false;
	#isForced = false;
	#switchFault: "stuck" | "cut" | undefined;
	#cancelMotion: (() => void) | undefined;
	#cancelBounces: (() => void)[] = [];
	#onSince: number | undefined;
	#longestOnNs = 0;
	#pulses = 0;

	constructor(options: SolenoidLockChipOptions) {
		this.#clock = options.clock;
		this.#random = options.random;
		this.#switch = options.feedback?.attach();
		this.#switch?.drive(0);
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

	/** Calls `listener` when the coil's current comes and goes, on the hardware lane: it pulls the supply down. */
	onCurrent(listener: (on: boolean) => void): void {
		this.#currentListeners.push(listener);
	}

	/** A door that presses on the bolt, or dirt: it stays where it is. False: it moves to where the coil wants it. */
	setJammed(jammed: boolean): void {
		this.#isJammed = jammed;
		this.#move();
	}

	/** A crowbar draws the bolt, whatever the coil does; false: it springs back. */
	setForced(forced: boolean): void {
		this.#isForced = forced;
		this.#cancelMotion?.();
		if (forced) this.#place(true);
		else this.#move();
	}

	/** `stuck`: the switch stays as it is. `cut`: its cable is cut, and the net floats. */
	breakSwitch(fault: "stuck" | "cut" | undefined): void {
		this.#switchFault = fault;
		for (const cancel of this.#cancelBounces) cancel();
		this.#cancelBounces = [];
		if (fault === "cut") this.#switch?.drive("Z");
		else if (fault === undefined) this.#show(this.#isReleased);
	}

	#setCurrent(on: boolean): void {
		if (on) {
			this.#onSince = this.#clock.now;
			this.#pulses++;
		} else {
			this.#longestOnNs = this.longestOnMs * 1e6;
			this.#onSince = undefined;
		}
		for (const listener of this.#currentListeners) listener(on);
		this.#move();
	}

	/** Sends the bolt on its way to where the coil wants it, if it can move. */
	#move(): void {
		this.#cancelMotion?.();
		const on = this.energised;
		if (on === this.#isReleased || this.#isJammed || this.#isForced) return;
		this.#cancelMotion = this.#clock.after(on ? pullInNs : dropOutNs, () => this.#place(on));
	}

	#place(released: boolean): void {
		if (released === this.#isReleased) return;
		this.#isReleased = released;
		this.#bounce(released);
		for (const listener of this.#listeners) listener(released);
	}

	#bounce(released: boolean): void {
		for (const cancel of this.#cancelBounces) cancel();
		this.#cancelBounces = [];
		this.#show(released);
		const random = this.#random;
		if (random === undefined || this.#switch === undefined) return;
		const bounces = 1 + Math.floor(random.next() * 3);
		const times = Array.from({ length: 2 * bounces }, () => random.next() * bounceNs).sort((a, b) => a - b);
		times.forEach((at, index) => {
			this.#cancelBounces.push(this.#clock.after(at, () => this.#show(index % 2 === 0 ? !released : released)));
		});
	}

	#show(released: boolean): void {
		if (this.#switchFault === undefined) this.#switch?.drive(released ? "Z" : 0);
	}
}
