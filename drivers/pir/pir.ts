/*
	HC-SR501, AM312 and their like
	Passive infrared motion detector, high while there is motion
	http://escol.com.my/Products/HC-SR501.htm
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

export interface PIROptions {
	/** The output. A pull-down keeps a detector that is not plugged in from seeing motion. */
	readonly sensor: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	readonly timer: Timer;
	/** What the output says for so long after opening is not believed, 0 to 300,000 ms. 60,000 where not given. */
	readonly warmUpMs?: number;
	/** A pulse shorter than this is no motion, 1 to 1,000 ms. 50 where not given. */
	readonly debounceMs?: number;
	/** Motion that lasts longer is a fault, 1,000 to 86,400,000 ms. 600,000 where not given. */
	readonly stuckMs?: number;
	/** Motion has begun or ended, or a fault has come. */
	readonly onSample?: (this: PIR) => void;
}

export interface PIRFaults {
	/** The output has been high for longer than `stuckMs`. */
	stuck?: true;
}

export interface PIRSample {
	motion: boolean;
	/** Only there when the detector cannot be believed. */
	faults?: PIRFaults;
}

export interface PIRConfiguration {
	readonly warmUpMs: number;
	readonly debounceMs: number;
	readonly stuckMs: number;
}

/** Motion in front of the machine, ECMA-419 sensor class pattern (our class `Motion`). */
export class PIR {
	readonly #timer: Timer;
	readonly #onSample: ((this: PIR) => void) | undefined;
	readonly #warmUpMs: number;
	#debounceMs: number;
	#stuckMs: number;
	#sensor: Digital | undefined;
	#warmUp: TimerHandle | undefined;
	#settling: TimerHandle | undefined;
	#staying: TimerHandle | undefined;
	#motion = false;
	#isStuck = false;

	constructor(options: PIROptions) {
		const { sensor, timer, warmUpMs = 60_000, debounceMs = 50, stuckMs = 600_000, onSample } = options;
		if (typeof sensor?.io !== "function") throw new TypeError('PIR: option "sensor" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('PIR: option "timer" is a Timer.');
		check("warmUpMs", warmUpMs, 0, 300_000);
		check("debounceMs", debounceMs, 1, 1_000);
		check("stuckMs", stuckMs, 1_000, 86_400_000);
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('PIR: option "onSample" is a function.');
		this.#timer = timer;
		this.#onSample = onSample;
		this.#warmUpMs = warmUpMs;
		this.#debounceMs = debounceMs;
		this.#stuckMs = stuckMs;
		const { io } = sensor;
		try {
			this.#sensor = new io({
				mode: io.InputPullDown,
				...sensor,
				edge: io.Rising | io.Falling,
				onReadable: () => this.#settle(),
			});
			this.#warmUp = timer.set(() => {
				this.#warmUp = undefined;
				this.#settle();
			}, warmUpMs);
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given. A wait that runs is not affected. */
	configure(options: { readonly debounceMs?: number; readonly stuckMs?: number }): void {
		this.#requireOpen();
		const { debounceMs = this.#debounceMs, stuckMs = this.#stuckMs } = options;
		check("debounceMs", debounceMs, 1, 1_000);
		check("stuckMs", stuckMs, 1_000, 86_400_000);
		this.#debounceMs = debounceMs;
		this.#stuckMs = stuckMs;
	}

	/** Whether there is motion, without glitches; `undefined` while the detector warms up. */
	sample(): PIRSample | undefined {
		this.#requireOpen();
		if (this.#warmUp !== undefined) return undefined;
		return this.#isStuck ? { motion: this.#motion, faults: { stuck: true } } : { motion: this.#motion };
	}

	get configuration(): PIRConfiguration {
		return { warmUpMs: this.#warmUpMs, debounceMs: this.#debounceMs, stuckMs: this.#stuckMs };
	}

	get identification(): { readonly model: "PIR detector"; readonly classification: "Motion" } {
		return { model: "PIR detector", classification: "Motion" };
	}

	close(): void {
		if (this.#warmUp !== undefined) this.#timer.clear(this.#warmUp);
		if (this.#settling !== undefined) this.#timer.clear(this.#settling);
		if (this.#staying !== undefined) this.#timer.clear(this.#staying);
		this.#warmUp = undefined;
		this.#settling = undefined;
		this.#staying = undefined;
		this.#sensor?.close();
		this.#sensor = undefined;
	}

	/** A wait that runs is not prolonged: an output that chatters for ever is still looked at. */
	#settle(): void {
		if (this.#warmUp !== undefined || this.#settling !== undefined) return;
		this.#settling = this.#timer.set(() => {
			this.#settling = undefined;
			this.#look();
		}, this.#debounceMs);
	}

	#look(): void {
		const motion = this.#requireOpen().read() === 1;
		if (motion === this.#motion) return; // a glitch
		this.#motion = motion;
		this.#isStuck = false;
		if (this.#staying !== undefined) this.#timer.clear(this.#staying);
		this.#staying = undefined;
		if (motion)
			this.#staying = this.#timer.set(() => {
				this.#staying = undefined;
				this.#isStuck = true;
				this.#onSample?.();
			}, this.#stuckMs);
		this.#onSample?.();
	}

	#requireOpen(): Digital {
		if (this.#sensor === undefined) throw new Error("PIR is closed. Make a new instance.");
		return this.#sensor;
	}
}

function check(name: string, value: unknown, lowest: number, highest: number): void {
	if (!Number.isInteger(value) || Number(value) < lowest || Number(value) > highest)
		throw new RangeError(`PIR: ${name} is an integer from ${lowest} to ${highest}, not ${String(value)}.`);
}
