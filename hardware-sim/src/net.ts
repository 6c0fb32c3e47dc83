import type { SimulationClock } from "./clock.ts";

export type NetLevel = 0 | 1;
/** `"Z"`: high impedance, the driver lets go. */
export type DriveLevel = NetLevel | "Z";

/** One output that is soldered to a net. It starts at `"Z"`. */
export interface Driver {
	drive(level: DriveLevel): void;
	/** Unsolders it. */
	detach(): void;
}

/**
 * What a fault makes of a wire. `driven`: the level that everything on the net gives together; `pulled`: the level that
 * resistors alone would give, as at the end of a broken wire.
 */
export type Distortion = (driven: NetLevel, pulled: NetLevel) => NetLevel;

/** Contentions that a net keeps. */
const contentionLimit = 100;

/**
 * A wire. Its level follows from everything on it: strong drivers first, then the resistor on the board (`pull`), then
 * weak drivers (the pull-ups inside a microcontroller, about 45 kΩ), and 0 where nothing holds it.
 *
 * When strong drivers disagree the net reads low, since the low side of a CMOS output is the stronger one, and the
 * moment is recorded in `contentions`.
 */
export class Net {
	#name: string;
	readonly #clock: SimulationClock | undefined;
	readonly #drivers: { level: DriveLevel; readonly weak: boolean }[] = [];
	#resistor: DriveLevel = "Z";
	#level: NetLevel = 0;
	#driven: NetLevel = 0;
	#distortions: readonly Distortion[] = [];
	#floating = true;
	#contended = false;
	#watchers: readonly ((level: NetLevel) => void)[] = [];
	#delivering = false;
	readonly #undelivered: NetLevel[] = [];
	readonly #contentions: number[] = [];

	constructor(name: string, clock?: SimulationClock) {
		this.#name = name;
		this.#clock = clock;
	}

	get name(): string {
		return this.#name;
	}

	get level(): NetLevel {
		return this.#level;
	}

	/** The level without its faults. */
	get driven(): NetLevel {
		return this.#driven;
	}

	/** Nothing holds the net: no driver and no resistor. */
	get floating(): boolean {
		return this.#floating;
	}

	/** When two drivers began to fight, in nanoseconds; the first hundred. */
	get contentions(): readonly number[] {
		return this.#contentions;
	}

	/** Gives the net a name that people read in traces. */
	rename(name: string): void {
		this.#name = name;
	}

	/** Solders an output to the net. Open drain: drive 0 and `"Z"` only. */
	attach(strength: "strong" | "weak" = "strong"): Driver {
		const driver = { level: "Z" as DriveLevel, weak: strength === "weak" };
		this.#drivers.push(driver);
		return {
			drive: (level) => {
				if (driver.level === level) return;
				driver.level = level;
				this.#resolve();
			},
			detach: () => {
				const index = this.#drivers.indexOf(driver);
				if (index < 0) return;
				this.#drivers.splice(index, 1);
				this.#resolve();
			},
		};
	}

	/** Solders a pull-up (1) or pull-down (0) resistor to the net, or takes it away (`"Z"`). */
	pull(level: DriveLevel): void {
		this.#resistor = level;
		this.#resolve();
	}

	/** Breaks the wire: who looks at it sees what `distortion` says. Returns the function that mends it. */
	distort(distortion: Distortion): () => void {
		this.#distortions = [...this.#distortions, distortion];
		this.#resolve();
		return () => {
			this.#distortions = this.#distortions.filter((other) => other !== distortion);
			this.#resolve();
		};
	}

	/** Asks the faults of the wire again: one of them has changed its mind. */
	refresh(): void {
		this.#resolve();
	}

	/** Calls `listener` after every change, on the hardware lane, in order. Returns the function that ends it. */
	watch(listener: (level: NetLevel) => void): () => void {
		this.#watchers = [...this.#watchers, listener];
		return () => {
			this.#watchers = this.#watchers.filter((watcher) => watcher !== listener);
		};
	}

	#resolve(): void {
		let strong: DriveLevel = "Z";
		let weak: DriveLevel = "Z";
		let fight = false;
		for (const { level, weak: isWeak } of this.#drivers) {
			if (level === "Z") continue;
			if (isWeak) weak = weak === 0 ? 0 : level;
			else if (strong === "Z") strong = level;
			else if (strong !== level) {
				fight = true;
				strong = 0;
			}
		}
		if (fight && !this.#contended && this.#contentions.length < contentionLimit)
			this.#contentions.push(this.#clock?.now ?? 0);
		this.#contended = fight;
		const held = strong !== "Z" ? strong : this.#resistor !== "Z" ? this.#resistor : weak;
		this.#floating = held === "Z";
		this.#driven = held === "Z" ? 0 : held;
		if (this.#distortions.length === 0) {
			this.#setLevel(this.#driven);
			return;
		}
		const resistors = this.#resistor !== "Z" ? this.#resistor : weak;
		const pulled = resistors === "Z" ? 0 : resistors;
		this.#setLevel(this.#distortions.reduce((level, distortion) => distortion(level, pulled), this.#driven));
	}

	#setLevel(level: NetLevel): void {
		if (level === this.#level) return;
		this.#level = level;
		if (this.#watchers.length === 0) return;
		// A watcher may drive this same net: its change waits, so that every watcher sees every edge in order.
		if (this.#delivering) {
			this.#undelivered.push(level);
			return;
		}
		this.#delivering = true;
		try {
			for (let edge: NetLevel | undefined = level; edge !== undefined; edge = this.#undelivered.shift())
				for (const watcher of this.#watchers) watcher(edge);
		} finally {
			this.#delivering = false;
			this.#undelivered.length = 0;
		}
	}
}
