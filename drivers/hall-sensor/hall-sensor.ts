/*
	Allegro A3144 hall switch, or a reed switch to ground
	Door sensor with an open-drain output
	https://www.allegromicro.com/en/products/sense/switches-and-latches
*/
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

export interface HallSensorOptions {
	readonly sensor: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	/** The output is low while the magnet is near. True where not given. */
	readonly activeLow?: boolean;
	/** The position has changed and may be sampled. With a timer it has also come to rest. */
	readonly onSample?: (this: HallSensor) => void;
	/** Needed to take the bounce out of `onSample`. */
	readonly timer?: Timer;
	/** Rest after the first edge, 1 to 1,000 ms. 20 where not given. */
	readonly debounceMs?: number;
}

export interface HallSensorSample {
	/** `closed`: the magnet is near. A cable that is cut reads `open`, the safe side. */
	position: "closed" | "open";
}

export interface HallSensorConfiguration {
	readonly activeLow: boolean;
	readonly debounceMs: number;
}

/** Door position, ECMA-419 sensor class pattern (our class `Switch`). */
export class HallSensor {
	readonly #activeLow: boolean;
	readonly #onSample: ((this: HallSensor) => void) | undefined;
	readonly #timer: Timer | undefined;
	#debounceMs = 20;
	#sensor: Digital | undefined;
	#waiting: TimerHandle | undefined;
	/** The level that the script knows. */
	#seen: Level = 0;

	constructor(options: HallSensorOptions) {
		const { sensor, activeLow = true, onSample, timer, debounceMs } = options;
		if (typeof sensor?.io !== "function") throw new TypeError('HallSensor: option "sensor" is { io: Digital, pin }.');
		if (typeof activeLow !== "boolean") throw new TypeError('HallSensor: option "activeLow" is true or false.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('HallSensor: option "onSample" is a function.');
		if (timer !== undefined && typeof timer.set !== "function")
			throw new TypeError('HallSensor: option "timer" is a Timer.');
		if (debounceMs !== undefined) checkDebounce(debounceMs);
		this.#activeLow = activeLow;
		this.#onSample = onSample;
		this.#timer = timer;
		this.#debounceMs = debounceMs ?? 20;
		const { io } = sensor;
		this.#sensor =
			onSample === undefined
				? new io({ mode: io.InputPullUp, ...sensor })
				: new io({
						mode: io.InputPullUp,
						...sensor,
						edge: io.Rising | io.Falling,
						onReadable: () => this.#edge(),
					});
		this.#seen = this.#sensor.read();
	}

	/** Changes what it is given. */
	configure(options: { readonly debounceMs?: number }): void {
		this.#requireOpen();
		const { debounceMs } = options;
		if (debounceMs === undefined) return;
		checkDebounce(debounceMs);
		this.#debounceMs = debounceMs;
	}

	/** The position at this moment. Within a millisecond of a change it may still bounce; `onSample` comes after that. */
	sample(): HallSensorSample {
		// Kept, so that `onSample` comes again should this have been a bounce.
		this.#seen = this.#requireOpen().read();
		return { position: (this.#seen === 0) === this.#activeLow ? "closed" : "open" };
	}

	get configuration(): HallSensorConfiguration {
		return { activeLow: this.#activeLow, debounceMs: this.#debounceMs };
	}

	get identification(): { readonly model: "Hall or reed switch"; readonly classification: "Switch" } {
		return { model: "Hall or reed switch", classification: "Switch" };
	}

	close(): void {
		if (this.#waiting !== undefined) this.#timer?.clear(this.#waiting);
		this.#waiting = undefined;
		this.#sensor?.close();
		this.#sensor = undefined;
	}

	#edge(): void {
		if (this.#timer === undefined) {
			this.#report();
			return;
		}
		// The wait is not prolonged by later edges: a contact that chatters for ever is still looked at.
		if (this.#waiting !== undefined) return;
		this.#waiting = this.#timer.set(() => {
			this.#waiting = undefined;
			this.#report();
		}, this.#debounceMs);
	}

	#report(): void {
		const level = this.#requireOpen().read();
		if (level === this.#seen) return; // a glitch
		this.#seen = level;
		this.#onSample?.();
	}

	#requireOpen(): Digital {
		if (this.#sensor === undefined) throw new Error("HallSensor is closed. Make a new instance.");
		return this.#sensor;
	}
}

function checkDebounce(milliseconds: number): void {
	if (!Number.isInteger(milliseconds) || milliseconds < 1 || milliseconds > 1_000)
		throw new RangeError(`HallSensor: debounceMs is an integer from 1 to 1000, not ${String(milliseconds)}.`);
}
