import { HX711 } from "@visionvend/drivers/hx711";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ShelfWeight } from "@visionvend/sdk/device/lock/lock-state";
import type { ConfiguredScale } from "@visionvend/sdk/device/messages";
import { type Calibration, toMilligrams } from "@visionvend/sdk/device/scale/calibration";
import { SettleDetector, type Settled } from "@visionvend/sdk/device/scale/settle-detector";
import type { ControllerHost } from "./controller-host.ts";

/** Ten conversions in a row make a weight (1 s at 10 a second), like the ten of the seeds' mean. */
const SAMPLES = 10;
/** A resting 20 kg cell stays within 2 g over ten conversions; a hand on the shelf does not. */
const TOLERANCE_MILLIGRAMS = 4_000;
/** 8 s at 10 conversions a second: goods that still swing then are not waited for. */
const MAXIMUM_SAMPLES = 80;
/** Five conversions make a point of the curve while the door is open: half a second. */
const WATCHED_SAMPLES = 5;
/** Between two goods that are taken quickly a shelf is quiet for a moment only; five conversions at rest stay within 1 g. */
const WATCHED_TOLERANCE_MILLIGRAMS = 2_500;
/** What a message can carry, and more than any shelf does. */
const MOST_MILLIGRAMS = 200_000_000;
/** Often enough to miss none of 10 conversions a second. */
const POLL_MS = 40;
/** The first conversion comes 400 ms after waking, every other one after 100 ms. A cell that is later is dead. */
const SILENCE_MS = 1_500;

export interface Weighing {
	/** The shelves whose cell answered. */
	readonly weights: readonly ShelfWeight[];
	/** All of them came to rest. */
	readonly stable: boolean;
	/** A cell did not answer, or only nonsense. */
	readonly fault: boolean;
}

/** One shelf's cell while it is weighed. */
interface Cell {
	readonly shelf: number;
	calibration: Calibration;
	readonly converter: HX711;
	readonly detector: SettleDetector;
	/** For the curve while the door is open: it says something after each five conversions. */
	readonly watcher: SettleDetector;
	settled: Settled | undefined;
	heardAtMs: number;
	dead: boolean;
}

/** All scales of the machine. They sleep, except while they are asked. */
export class Scales {
	readonly #host: ControllerHost;
	readonly #cells: readonly Cell[];
	#deadShelves: readonly number[] = [];
	#poll: TimerHandle | undefined;
	#done: ((weighing: Weighing) => void) | undefined;

	constructor(host: ControllerHost, configurations: readonly ConfiguredScale[]) {
		this.#host = host;
		const { Digital } = host.io;
		this.#cells = configurations.map((configuration) => {
			const converter = new HX711({
				clock: { io: Digital, pin: configuration.clock },
				data: { io: Digital, pin: configuration.data },
				microseconds: () => host.microseconds(),
			});
			converter.sleep();
			return {
				shelf: configuration.shelf,
				calibration: configuration,
				converter,
				detector: new SettleDetector({
					samples: SAMPLES,
					toleranceMilligrams: TOLERANCE_MILLIGRAMS,
					maximumSamples: MAXIMUM_SAMPLES,
				}),
				watcher: new SettleDetector({
					samples: WATCHED_SAMPLES,
					toleranceMilligrams: WATCHED_TOLERANCE_MILLIGRAMS,
					maximumSamples: WATCHED_SAMPLES,
				}),
				settled: undefined,
				heardAtMs: 0,
				dead: false,
			};
		});
	}

	/** Shelves whose cell did not answer, or only nonsense, at the last weighing that came to its end. */
	get deadShelves(): readonly number[] {
		return this.#deadShelves;
	}

	/** From now on this shelf is weighed by this calibration. */
	calibrate(shelf: number, calibration: Calibration): void {
		const cell = this.#cells.find((candidate) => candidate.shelf === shelf);
		if (cell !== undefined) cell.calibration = calibration;
	}

	/** Weighs until all shelves rest, have given up, or are dead: 10 s at most. A measurement that runs is given up. */
	measure(done: (weighing: Weighing) => void): void {
		// What is awake stays so: to sleep and wake at once is one pulse of its clock, which spoils the reading that waits.
		this.#stopLooking();
		const now = this.#host.ticks();
		for (const cell of this.#cells) {
			cell.converter.wake();
			cell.detector.reset();
			cell.settled = undefined;
			cell.heardAtMs = now;
			cell.dead = false;
		}
		this.#done = done;
		this.#poll = this.#host.timer.repeat(() => this.#look(), POLL_MS);
	}

	/**
	 * Tells each half second what each shelf weighs and whether it was at rest, until it is stopped or something is
	 * measured. A measurement that runs is given up. A cell that is silent is left out.
	 */
	watch(onPoint: (shelf: number, point: Settled) => void): void {
		this.#stopLooking();
		for (const cell of this.#cells) {
			cell.converter.wake();
			cell.watcher.reset();
		}
		this.#poll = this.#host.timer.repeat(() => this.#watchOn(onPoint), POLL_MS);
	}

	/** Gives up what is measured or watched; nobody is called. */
	stop(): void {
		if (this.#stopLooking()) for (const cell of this.#cells) cell.converter.sleep();
	}

	close(): void {
		this.stop();
		for (const cell of this.#cells) cell.converter.close();
	}

	/** False when nothing was measured. */
	#stopLooking(): boolean {
		if (this.#poll === undefined) return false;
		this.#host.timer.clear(this.#poll);
		this.#poll = undefined;
		this.#done = undefined;
		return true;
	}

	#watchOn(onPoint: (shelf: number, point: Settled) => void): void {
		for (const cell of this.#cells) {
			const milligrams = soundMilligrams(cell);
			if (milligrams === undefined) continue;
			const point = cell.watcher.add(milligrams);
			if (point !== undefined) onPoint(cell.shelf, point);
		}
	}

	#look(): void {
		const now = this.#host.ticks();
		let finished = true;
		for (const cell of this.#cells) {
			if (cell.settled !== undefined || cell.dead) continue;
			this.#lookAt(cell, now);
			if (cell.settled === undefined && !cell.dead) finished = false;
		}
		if (finished) this.#finish();
	}

	#lookAt(cell: Cell, now: number): void {
		const milligrams = soundMilligrams(cell);
		if (milligrams === undefined) {
			cell.dead = now - cell.heardAtMs > SILENCE_MS;
			return;
		}
		cell.heardAtMs = now;
		cell.settled = cell.detector.add(milligrams);
		// This conversion is done, the others may take some more seconds.
		if (cell.settled !== undefined) cell.converter.sleep();
	}

	#finish(): void {
		const weights: ShelfWeight[] = [];
		const deadShelves: number[] = [];
		let stable = true;
		for (const { shelf, settled } of this.#cells) {
			if (settled === undefined) {
				deadShelves.push(shelf);
				continue;
			}
			stable &&= settled.stable;
			const { milligrams, spreadMilligrams } = settled;
			weights.push({ shelf, milligrams, spreadMilligrams });
		}
		const done = this.#done;
		this.#deadShelves = deadShelves;
		this.stop();
		done?.({ weights, stable, fault: deadShelves.length > 0 });
	}
}

/** What the cell says now. A reading at the end of the range, or with a line that does not answer, is as good as none. */
function soundMilligrams({ calibration, converter }: Cell): number | undefined {
	const sample = converter.sample();
	if (sample === undefined || sample.faults !== undefined) return undefined;
	const milligrams = toMilligrams(sample.raw, calibration);
	return Math.abs(milligrams) <= MOST_MILLIGRAMS ? milligrams : undefined;
}
