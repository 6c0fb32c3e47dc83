import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";

/** Longer without an edge is silence: half a period of 20 Hz, the lowest tone one hears. */
const silenceNs = 25_000_000;

export interface Beep {
	/** When it began, in nanoseconds. */
	readonly atNs: number;
	readonly durationNs: number;
	readonly hz: number;
}

/** Passive piezo buzzer: it sounds when its input moves, so a steady level is silence. */
export class BuzzerChip {
	readonly #clock: SimulationClock;
	readonly #ended: Beep[] = [];
	#firstRise = 0;
	#lastRise = 0;
	#lastEdge = 0;
	#rises = 0;

	constructor(options: { readonly clock: SimulationClock; readonly input: Net }) {
		this.#clock = options.clock;
		options.input.watch((level) => {
			this.#endIfSilent();
			const now = this.#clock.now;
			this.#lastEdge = now;
			if (level === 0) return;
			if (this.#rises === 0) this.#firstRise = now;
			this.#lastRise = now;
			this.#rises++;
		});
	}

	/** Every tone that has ended. One edge alone is a click, not a tone. */
	get beeps(): readonly Beep[] {
		this.#endIfSilent();
		return this.#ended;
	}

	#endIfSilent(): void {
		if (this.#rises === 0 || this.#clock.now - this.#lastEdge < silenceNs) return;
		if (this.#rises > 1)
			this.#ended.push({
				atNs: this.#firstRise,
				durationNs: this.#lastEdge - this.#firstRise,
				hz: Math.round(((this.#rises - 1) * 1e9) / (this.#lastRise - this.#firstRise)),
			});
		this.#rises = 0;
	}
}
