/*
	Fail-secure solenoid lock, 12 V, behind an N-channel MOSFET
	A high pin drives the coil and draws the bolt; anything else leaves the door locked
	A switch at the bolt, where there is one, tells whether it followed
*/
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** A coil that is on for longer burns. No option goes past this. */
const longestOnMs = 5_000;
/** Time for the bolt to follow the coil, and for its switch to come to rest; the bolt itself needs 15 ms. */
const boltMs = 100;

export interface LockOptions {
	readonly coil: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	readonly timer: Timer;
	/** Longest pulse that `energise` takes, 1 to 5,000 ms. 5,000 where not given. */
	readonly maximumOnMs?: number;
	/** The bolt's switch, to ground. */
	readonly feedback?: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	/**
	 * Where the bolt is while the switch is closed. `thrown` where not given: then a cable that is cut reads drawn, the
	 * safe side.
	 */
	readonly closedWhile?: LockSample["bolt"];
	/** The bolt does not do what the coil says; `sample` tells what. Once for each fault. Needs `feedback`. */
	readonly onFault?: (this: Lock) => void;
}

export interface LockConfiguration {
	readonly maximumOnMs: number;
	readonly closedWhile: LockSample["bolt"];
}

export interface LockFaults {
	/** The coil has current, and 100 ms later the bolt is still thrown: it is jammed, or its supply is gone. */
	notDrawn?: true;
	/** The coil has no current, and for 100 ms the bolt has been drawn: it is jammed or forced, or its cable is cut. */
	notThrown?: true;
}

export interface LockSample {
	/** `thrown`: the door cannot be opened. */
	bolt: "thrown" | "drawn";
	/** Only there when the bolt does not do what the coil says. */
	faults?: LockFaults;
}

/** Solenoid lock. ECMA-419 has no lock; this class follows its peripheral class pattern. */
export class Lock {
	readonly #timer: Timer;
	readonly #onFault: ((this: Lock) => void) | undefined;
	readonly #closedWhile: LockSample["bolt"];
	#maximumOnMs: number;
	#coil: Digital | undefined;
	#feedback: Digital | undefined;
	#pulse: TimerHandle | undefined;
	/** When the bolt has had its time. */
	#check: TimerHandle | undefined;
	#fault: keyof LockFaults | undefined;

	constructor(options: LockOptions) {
		const { coil, timer, maximumOnMs = longestOnMs, feedback, closedWhile = "thrown", onFault } = options;
		if (typeof coil?.io !== "function") throw new TypeError('Lock: option "coil" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('Lock: option "timer" is a Timer.');
		if (feedback !== undefined && typeof feedback.io !== "function")
			throw new TypeError('Lock: option "feedback" is { io: Digital, pin }.');
		if (closedWhile !== "thrown" && closedWhile !== "drawn")
			throw new RangeError(`Lock: option "closedWhile" is "thrown" or "drawn", not ${String(closedWhile)}.`);
		if (onFault !== undefined && typeof onFault !== "function")
			throw new TypeError('Lock: option "onFault" is a function.');
		checkMaximum(maximumOnMs);
		this.#timer = timer;
		this.#onFault = onFault;
		this.#closedWhile = closedWhile;
		this.#maximumOnMs = maximumOnMs;
		try {
			// After the options of the caller: the coil never starts with current.
			this.#coil = new coil.io({ mode: coil.io.Output, ...coil, initialValue: 0 });
			if (feedback === undefined) return;
			const { io } = feedback;
			this.#feedback = new io({
				mode: io.InputPullUp,
				...feedback,
				edge: io.Rising | io.Falling,
				onReadable: () => this.#checkSoon(),
			});
			this.#checkSoon();
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given. A pulse that runs is not affected. */
	configure(options: { readonly maximumOnMs?: number }): void {
		this.#requireOpen();
		const { maximumOnMs } = options;
		if (maximumOnMs === undefined) return;
		checkMaximum(maximumOnMs);
		this.#maximumOnMs = maximumOnMs;
	}

	/**
	 * Gives the coil current for `durationMs` (an integer, 1 to `maximumOnMs`), then takes it away. While a pulse runs
	 * this does nothing: pulses are never joined to a longer one.
	 */
	energise(durationMs: number): void {
		const coil = this.#requireOpen();
		if (!Number.isInteger(durationMs) || durationMs < 1 || durationMs > this.#maximumOnMs)
			throw new RangeError(`Lock: durationMs is an integer from 1 to ${this.#maximumOnMs}, not ${String(durationMs)}.`);
		if (this.#pulse !== undefined) return;
		// The end is arranged before the beginning: if no timer can be had, the coil stays off.
		this.#pulse = this.#timer.set(() => {
			this.#pulse = undefined;
			this.#coil?.write(0);
			this.#checkAnew();
		}, durationMs);
		try {
			this.#checkAnew();
			coil.write(1);
		} catch (error) {
			this.#timer.clear(this.#pulse);
			this.#pulse = undefined;
			throw error;
		}
	}

	/** Takes the current away now. */
	release(): void {
		const coil = this.#requireOpen();
		coil.write(0);
		if (this.#pulse === undefined) return;
		this.#timer.clear(this.#pulse);
		this.#pulse = undefined;
		this.#checkAnew();
	}

	/** The coil has current. */
	get energised(): boolean {
		return this.#pulse !== undefined;
	}

	/** Where the bolt is now, and what was wrong with it when it last had its time; `undefined` without `feedback`. */
	sample(): LockSample | undefined {
		this.#requireOpen();
		if (this.#feedback === undefined) return undefined;
		const bolt = this.#boltAt(this.#feedback.read());
		if (this.#fault === undefined) return { bolt };
		const faults: LockFaults = {};
		faults[this.#fault] = true;
		return { bolt, faults };
	}

	get configuration(): LockConfiguration {
		return { maximumOnMs: this.#maximumOnMs, closedWhile: this.#closedWhile };
	}

	get identification(): { readonly model: "Fail-secure solenoid"; readonly classification: "Lock" } {
		return { model: "Fail-secure solenoid", classification: "Lock" };
	}

	/** Locks, and lets go of the pins. */
	close(): void {
		const coil = this.#coil;
		if (coil === undefined) return;
		coil.write(0);
		this.#coil = undefined;
		if (this.#pulse !== undefined) this.#timer.clear(this.#pulse);
		this.#pulse = undefined;
		if (this.#check !== undefined) this.#timer.clear(this.#check);
		this.#check = undefined;
		this.#feedback?.close();
		this.#feedback = undefined;
		coil.close();
	}

	/** The coil has changed: the bolt gets its time from now. */
	#checkAnew(): void {
		if (this.#check !== undefined) this.#timer.clear(this.#check);
		this.#check = undefined;
		if (this.#feedback !== undefined) this.#checkSoon();
	}

	/** A wait that runs is not prolonged: a switch that chatters for ever is still looked at. */
	#checkSoon(): void {
		if (this.#check !== undefined) return;
		this.#check = this.#timer.set(() => {
			this.#check = undefined;
			this.#judge();
		}, boltMs);
	}

	#judge(): void {
		if (this.#feedback === undefined) return;
		const isDrawn = this.#boltAt(this.#feedback.read()) === "drawn";
		const before = this.#fault;
		this.#fault = isDrawn === this.energised ? undefined : isDrawn ? "notThrown" : "notDrawn";
		if (this.#fault !== undefined && this.#fault !== before) this.#onFault?.();
	}

	#boltAt(level: Level): LockSample["bolt"] {
		if (level === 0) return this.#closedWhile;
		return this.#closedWhile === "thrown" ? "drawn" : "thrown";
	}

	#requireOpen(): Digital {
		if (this.#coil === undefined) throw new Error("Lock is closed. Make a new instance.");
		return this.#coil;
	}
}

function checkMaximum(milliseconds: number): void {
	if (!Number.isInteger(milliseconds) || milliseconds < 1 || milliseconds > longestOnMs)
		throw new RangeError(`Lock: maximumOnMs is an integer from 1 to ${longestOnMs}, not ${String(milliseconds)}.`);
}
