import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";
import type { SeededRandom } from "../random.ts";

const ms = 1e6;
/** Part of a turn in which the cam keeps the switch open: the spiral is at home. */
const homePart = 0.06;
/** A product leaves the spiral in this part of the turn, when it leaves with the turn. */
const dropPart = 0.85;
const places = [homePart, dropPart, 1];
const bounces = 4;

export interface DispenseMotorChipOptions {
	readonly clock: SimulationClock;
	/** The gate: high turns the spiral. */
	readonly gate: Net;
	/** The home line. Several motors may share it. */
	readonly home: Net;
	/** Without it the switch does not bounce. */
	readonly random?: SeededRandom;
	/** Time of one turn with current. 2,400 where not given. */
	readonly turnMs?: number;
	/** Products in the spiral. 0 where not given. */
	readonly products?: number;
	/** Something left the spiral and falls. */
	readonly onDrop?: () => void;
}

/**
 * One spiral of a vending machine: a geared motor that turns while its gate is high and stops at once when it is not, a
 * cam switch to ground that opens while the spiral is at home, and products that it pushes out, one a turn.
 */
export class DispenseMotorChip {
	readonly #clock: SimulationClock;
	readonly #switch: Driver;
	readonly #random: SeededRandom | undefined;
	readonly #turnNs: number;
	readonly #onDrop: () => void;
	/** Whole turns, and the part of the next one, as of `#at`. A spiral at rest is in the middle of its home. */
	#whole = 0;
	#part = homePart / 2;
	#at = 0;
	#isOn = false;
	#onSince = 0;
	#longestOnNs = 0;
	#isJammed = false;
	#switchState: "works" | "stuck-open" | "stuck-closed" = "works";
	#products: number;
	#stuck = 0;
	#lateNs = 0;
	#cancel: (() => void) | undefined;
	#cancelBounce: (() => void)[] = [];

	constructor(options: DispenseMotorChipOptions) {
		this.#clock = options.clock;
		this.#switch = options.home.attach();
		this.#random = options.random;
		this.#turnNs = (options.turnMs ?? 2_400) * ms;
		this.#products = options.products ?? 0;
		this.#onDrop = options.onDrop ?? (() => undefined);
		options.gate.watch((level) => this.#power(level === 1));
		this.#power(options.gate.level === 1);
	}

	get running(): boolean {
		return this.#isOn;
	}

	get products(): number {
		return this.#products;
	}

	get atHome(): boolean {
		return this.#partNow() < homePart;
	}

	/** Turns so far, in parts of one. */
	get turns(): number {
		return this.#whole + this.#partNow() - homePart / 2;
	}

	/** Longest time with current at a stretch, this one included. */
	get longestOnMs(): number {
		const running = this.#isOn ? this.#clock.now - this.#onSince : 0;
		return Math.max(this.#longestOnNs, running) / ms;
	}

	fill(products: number): void {
		this.#products = products;
	}

	/** The spiral cannot turn: something is wedged in it. */
	setJammed(jammed: boolean): void {
		this.#settle();
		this.#isJammed = jammed;
		this.#plan();
	}

	/** A wire of the switch is broken (open), or it is shorted (closed). */
	setSwitch(state: "works" | "stuck-open" | "stuck-closed"): void {
		this.#switchState = state;
		this.#showSwitch();
	}

	/** The next products hold on to the spiral: so many turns push nothing out. */
	stickFor(turns: number): void {
		this.#stuck = turns;
	}

	/** The next product falls so much later than it leaves the spiral. */
	dropLate(milliseconds: number): void {
		this.#lateNs = milliseconds * ms;
	}

	/** A hand turns the spiral to this part of a turn, 0 to below 1; up to 0.06 is home. */
	turnTo(part: number): void {
		if (!(part >= 0 && part < 1))
			throw new RangeError(`DispenseMotorChip: a part of a turn is 0 to below 1, not ${part}.`);
		this.#settle();
		this.#part = part;
		this.#showSwitch();
		this.#plan();
	}

	#power(on: boolean): void {
		if (on === this.#isOn) return;
		this.#settle();
		if (!on) this.#longestOnNs = Math.max(this.#longestOnNs, this.#clock.now - this.#onSince);
		this.#isOn = on;
		this.#onSince = this.#clock.now;
		this.#showSwitch();
		this.#plan();
	}

	#partNow(): number {
		const isTurning = this.#isOn && !this.#isJammed;
		return isTurning ? this.#part + (this.#clock.now - this.#at) / this.#turnNs : this.#part;
	}

	#settle(): void {
		this.#part = this.#partNow();
		this.#at = this.#clock.now;
	}

	/** Wakes at the next place of the turn where something happens. */
	#plan(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		if (!this.#isOn || this.#isJammed) return;
		const place = places.find((one) => one > this.#part) ?? 1;
		this.#cancel = this.#clock.after((place - this.#part) * this.#turnNs, () => {
			this.#part = place === 1 ? 0 : place;
			if (place === 1) this.#whole++;
			this.#at = this.#clock.now;
			if (place === dropPart) this.#push();
			else this.#bounce();
			this.#plan();
		});
	}

	#push(): void {
		if (this.#stuck > 0) {
			this.#stuck--;
			return;
		}
		if (this.#products === 0) return;
		this.#products--;
		const late = this.#lateNs;
		this.#lateNs = 0;
		if (late === 0) this.#onDrop();
		else this.#clock.after(late, this.#onDrop);
	}

	/** The contact bounces for up to 3 ms when the cam moves it. */
	#bounce(): void {
		for (const cancel of this.#cancelBounce) cancel();
		this.#cancelBounce = [];
		this.#showSwitch();
		const random = this.#random;
		if (random === undefined) return;
		let at = 0;
		for (let i = 0; i < bounces; i++) {
			at += random.next() * 0.35 * ms;
			this.#cancelBounce.push(this.#clock.after(at, () => this.#drive(!this.#isOpen())));
			at += random.next() * 0.35 * ms;
			this.#cancelBounce.push(this.#clock.after(at, () => this.#showSwitch()));
		}
	}

	#isOpen(): boolean {
		if (this.#switchState !== "works") return this.#switchState === "stuck-open";
		return this.atHome;
	}

	#showSwitch(): void {
		this.#drive(this.#isOpen());
	}

	#drive(open: boolean): void {
		this.#switch.drive(open ? "Z" : 0);
	}
}
