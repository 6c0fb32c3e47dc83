/*
	Fail-secure solenoid lock, 12 V, behind an N-channel MOSFET
	A high pin drives the coil and draws the bolt; anything else leaves the door locked
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** A coil that is on for longer burns. No option goes past this. */
const longestOnMs = 5_000;

export interface LockOptions {
	readonly coil: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	readonly timer: Timer;
	/** Longest pulse that `energise` takes, 1 to 5,000 ms. 5,000 where not given. */
	readonly maximumOnMs?: number;
}

export interface LockConfiguration {
	readonly maximumOnMs: number;
}

/** Solenoid lock. ECMA-419 has no lock; this class follows its peripheral class pattern. */
export class Lock {
	readonly #timer: Timer;
	#maximumOnMs: number;
	#coil: Digital | undefined;
	#pulse: TimerHandle | undefined;

	constructor(options: LockOptions) {
		const { coil, timer, maximumOnMs = longestOnMs } = options;
		if (typeof coil?.io !== "function") throw new TypeError('Lock: option "coil" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('Lock: option "timer" is a Timer.');
		checkMaximum(maximumOnMs);
		this.#timer = timer;
		this.#maximumOnMs = maximumOnMs;
		// After the options of the caller: the coil never starts with current.
		this.#coil = new coil.io({ mode: coil.io.Output, ...coil, initialValue: 0 });
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
		}, durationMs);
		try {
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
		if (this.#pulse !== undefined) this.#timer.clear(this.#pulse);
		this.#pulse = undefined;
	}

	/** The coil has current. */
	get energised(): boolean {
		return this.#pulse !== undefined;
	}

	get configuration(): LockConfiguration {
		return { maximumOnMs: this.#maximumOnMs };
	}

	get identification(): { readonly model: "Fail-secure solenoid"; readonly classification: "Lock" } {
		return { model: "Fail-secure solenoid", classification: "Lock" };
	}

	/** Locks, and lets go of the pin. */
	close(): void {
		if (this.#coil === undefined) return;
		this.release();
		this.#coil.close();
		this.#coil = undefined;
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
