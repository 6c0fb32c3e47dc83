import type { SimulationClock } from "../clock.ts";
import type { Driver, Net, NetLevel } from "../net.ts";
import type { SeededRandom } from "../random.ts";

const secondNs = 1_000_000_000;
/** A minute of warming up, in which the output goes high up to three times (HC-SR501, "Power-up initialization"). */
const usualWarmUpSeconds = 60;
const mostFalsePulses = 3;
/** The output stays high for so long after the last motion: the trimmer, 0.5 s to 200 s. */
const usualHoldSeconds = 15;
/** After the output has gone low the detector is blind for so long (HC-SR501, "Disable time"). */
const blockSeconds = 2.5;

export interface PIRChipOptions {
	readonly clock: SimulationClock;
	readonly output: Net;
	/** For the false pulses while it warms up; without it there are none. */
	readonly random?: SeededRandom;
	/** 60 where not given. */
	readonly warmUpSeconds?: number;
	/** 15 where not given. */
	readonly holdSeconds?: number;
}

/** HC-SR501 with its jumper at H: motion while the output is high makes it stay so. It has power from the start. */
export class PIRChip {
	readonly #clock: SimulationClock;
	readonly #output: Driver;
	readonly #holdNs: number;
	#isWarm = false;
	#isBlind = false;
	#isMoving = false;
	#isHigh = false;
	#stuck: NetLevel | undefined;
	#isConnected = true;
	#glitches = 0;
	#cancelEnd: (() => void) | undefined;

	constructor(options: PIRChipOptions) {
		const { clock, output, random, warmUpSeconds = usualWarmUpSeconds, holdSeconds = usualHoldSeconds } = options;
		this.#clock = clock;
		this.#holdNs = holdSeconds * secondNs;
		this.#output = output.attach();
		this.#show();
		const warmUpNs = warmUpSeconds * secondNs;
		const pulses = random === undefined ? 0 : Math.floor(random.next() * (mostFalsePulses + 1));
		for (let i = 0; i < pulses; i++) this.#falsePulse(random?.next() ?? 0, warmUpNs);
		clock.after(warmUpNs, () => {
			this.#isWarm = true;
			this.#sense();
		});
	}

	/** Somebody moves in front of the lens, until told otherwise. */
	setMotion(moving: boolean): void {
		this.#isMoving = moving;
		this.#sense();
	}

	/** Interference: the output is high for `ns`, although nobody is there. */
	glitch(ns: number): void {
		this.#glitches++;
		this.#show();
		this.#clock.after(ns, () => {
			this.#glitches--;
			this.#show();
		});
	}

	/** A detector that is broken: its output stays at this level. `undefined` mends it. */
	setStuck(level: NetLevel | undefined): void {
		this.#stuck = level;
		this.#show();
	}

	/** False: the cable is cut, and the net floats. */
	setConnected(connected: boolean): void {
		this.#isConnected = connected;
		this.#show();
	}

	#falsePulse(share: number, warmUpNs: number): void {
		this.#clock.after(share * 0.9 * warmUpNs, () => this.glitch(secondNs));
	}

	#sense(): void {
		if (!this.#isWarm || this.#isBlind) return;
		this.#cancelEnd?.();
		this.#cancelEnd = undefined;
		if (this.#isMoving) {
			this.#isHigh = true;
			this.#show();
		} else if (this.#isHigh) this.#cancelEnd = this.#clock.after(this.#holdNs, () => this.#end());
	}

	#end(): void {
		this.#isHigh = false;
		this.#isBlind = true;
		this.#show();
		this.#clock.after(blockSeconds * secondNs, () => {
			this.#isBlind = false;
			this.#sense();
		});
	}

	#show(): void {
		const level = this.#stuck ?? (this.#isHigh || this.#glitches > 0 ? 1 : 0);
		this.#output.drive(this.#isConnected ? level : "Z");
	}
}
