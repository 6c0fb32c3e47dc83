import type { SimulationClock } from "../clock.ts";
import type { FridgeHardware } from "./fridge-hardware.ts";

const nsPerMs = 1_000_000;
const openDegrees = 90;

export interface DoorTimes {
	/** From shut to wide open, milliseconds; 700 by default. */
	readonly openingMs?: number | undefined;
	/** From wide open to shut, milliseconds; 900 by default. */
	readonly closingMs?: number | undefined;
	/** The hall sensor loses the magnet at this angle; 2 degrees by default. */
	readonly magnetDegrees?: number | undefined;
}

/** `slammed`: it fell into the frame. With it comes how hard: 1 for a door that was let go, 2 at twice its speed. */
export type DoorChange = "opened" | "forced" | "closed" | "slammed";

interface Swing {
	readonly fromDegrees: number;
	readonly toDegrees: number;
	readonly startNs: number;
	readonly durationNs: number;
	readonly cancel: () => void;
}

/**
 * A door on a hinge, with a magnet at the hall sensor and a fail-secure spring bolt: the solenoid pulls the bolt back,
 * the spring pushes it out. The bolt is bevelled, so a door that falls shut always latches; only a bolt that is held
 * back, or force, opens it again.
 */
export class Door {
	readonly #clock: SimulationClock;
	readonly #hardware: FridgeHardware;
	readonly #onChange: (change: DoorChange, hardness: number) => void;
	readonly #openingNs: number;
	readonly #closingNs: number;
	readonly #magnetDegrees: number;
	#restDegrees = 0;
	#swing: Swing | undefined;
	#open = false;

	constructor(
		options: {
			clock: SimulationClock;
			hardware: FridgeHardware;
			onChange: (change: DoorChange, hardness: number) => void;
		} & DoorTimes,
	) {
		this.#clock = options.clock;
		this.#hardware = options.hardware;
		this.#onChange = options.onChange;
		this.#openingNs = (options.openingMs ?? 700) * nsPerMs;
		this.#closingNs = (options.closingMs ?? 900) * nsPerMs;
		this.#magnetDegrees = options.magnetDegrees ?? 2;
		this.#hardware.setMagnet(true);
	}

	/** 0 shut, 90 wide open. */
	get angleDegrees(): number {
		const swing = this.#swing;
		if (swing === undefined) return this.#restDegrees;
		const part = Math.min(1, (this.#clock.now - swing.startNs) / swing.durationNs);
		return swing.fromDegrees + (swing.toDegrees - swing.fromDegrees) * part;
	}

	/** Open so far that the magnet has left the sensor. */
	get open(): boolean {
		return this.#open;
	}

	get moving(): boolean {
		return this.#swing !== undefined;
	}

	/** Shut, with the bolt in the strike plate. */
	get latched(): boolean {
		return this.angleDegrees === 0 && !this.#hardware.boltReleased;
	}

	/**
	 * Somebody pulls, and takes `overMs` for the whole way. False when the bolt holds; then nothing moves.
	 */
	pull(overMs?: number): boolean {
		if (this.latched) return false;
		this.#start(openDegrees, overMs === undefined ? this.#openingNs : overMs * nsPerMs, "opened");
		return true;
	}

	/** Somebody tears the door open; the bolt slips and works again afterwards. */
	force(): void {
		this.#start(openDegrees, this.#openingNs / 2, this.latched ? "forced" : "opened");
	}

	/** The door falls shut; `overMs` from wide open where somebody helps or slows it. */
	release(overMs?: number): void {
		if (this.angleDegrees > 0) this.#start(0, overMs === undefined ? this.#closingNs : overMs * nsPerMs, "closed");
	}

	/** The door moves to an angle and stays there, as when something is in its way. */
	leaveAt(degrees: number): void {
		if (!(degrees > 0 && degrees <= openDegrees))
			throw new RangeError(`Door.leaveAt: an angle is over 0 and at most ${openDegrees} degrees, not ${degrees}.`);
		if (this.latched) throw new Error("The bolt holds the door shut: open it before you leave it ajar.");
		this.#start(degrees, this.#closingNs, degrees > this.#magnetDegrees ? "opened" : "closed");
	}

	/** @param fullNs time of a swing over the whole angle. */
	#start(toDegrees: number, fullNs: number, change: "opened" | "forced" | "closed"): void {
		const fromDegrees = this.angleDegrees;
		if (fromDegrees === toDegrees || this.#swing?.toDegrees === toDegrees) return;
		this.#swing?.cancel();
		const perDegreeNs = fullNs / openDegrees;
		const durationNs = Math.round(Math.abs(toDegrees - fromDegrees) * perDegreeNs);
		const opens = toDegrees > this.#magnetDegrees;
		const crosses = this.#open !== opens;
		const crossingNs = Math.round(Math.abs(this.#magnetDegrees - fromDegrees) * perDegreeNs);
		const cancelCrossing = crosses
			? this.#clock.after(crossingNs, () => {
					this.#open = opens;
					this.#hardware.setMagnet(!opens);
					this.#onChange(change, 1);
				})
			: () => undefined;
		const cancelEnd = this.#clock.after(durationNs, () => {
			this.#restDegrees = toDegrees;
			this.#swing = undefined;
			if (toDegrees === 0) this.#onChange("slammed", this.#closingNs / fullNs);
		});
		this.#swing = {
			fromDegrees,
			toDegrees,
			startNs: this.#clock.now,
			durationNs,
			cancel() {
				cancelCrossing();
				cancelEnd();
			},
		};
	}
}
