import type { WeightStep } from "@visionvend/sdk/basket/vision-evidence";
import { type CurvePoint, stepsOf } from "@visionvend/sdk/basket/weight-steps";
import type { Clock } from "@visionvend/sdk/clock";
import type { DoorBody, ShelfReading } from "@visionvend/sdk/protocol/messages";
import type { Eyes, Sighting } from "./eyes.ts";
import type { WeightCurves } from "./weight-curves.ts";

/** So long a report waits for what cameras saw: a shopper has the receipt within 3 s of the door's closing. */
const visionDeadlineMs = 1_200;

/** Openings whose times are kept. */
const mostOpenings = 4;

/** Why a decision is made from less than it could be. */
export type Shortage =
	/** This Pi has no cameras, or no model. */
	| "no-eyes"
	/** Nobody knows when the door opened: the Pi was started meanwhile. */
	| "unseen-opening"
	/** Cameras had not made up their mind in time. */
	| "vision-late"
	/** Looking failed. */
	| "vision-failed"
	/** The controller told nothing of the scales while the door was open. */
	| "no-curve";

/** What is known of an opening beside its report. */
export interface Gathered {
	readonly curve: readonly CurvePoint[];
	readonly steps: readonly WeightStep[];
	readonly sighting: Sighting | undefined;
	readonly shortages: readonly Shortage[];
	/** When the door was open, on the clock of the frames; `undefined` when nobody knows. */
	readonly opening?: { readonly openedAtMs: number; readonly closedAtMs: number } | undefined;
}

interface DoorTimes {
	openedAtMs: number | undefined;
	closedAtMs: number | undefined;
}

/**
 * Brings together what happened during an opening of the door: when it was, what the scales did, what cameras saw. All of it
 * lives in memory. A Pi that is started anew in the middle of a sale has lost it and decides from the report alone.
 */
export class Openings {
	readonly #clock: Clock;
	readonly #curves: WeightCurves;
	readonly #eyes: Eyes | undefined;
	readonly #onFailure: (saleId: string, error: unknown) => void;
	readonly #doors = new Map<string, DoorTimes>();

	constructor(options: {
		/** The one that frames are stamped by. */
		readonly clock: Clock;
		readonly curves: WeightCurves;
		readonly eyes: Eyes | undefined;
		onFailure(saleId: string, error: unknown): void;
	}) {
		this.#clock = options.clock;
		this.#curves = options.curves;
		this.#eyes = options.eyes;
		this.#onFailure = options.onFailure;
	}

	/** The controller tells that the door moved. */
	door({ state, saleId }: DoorBody): void {
		const nowMs = this.#clock.now();
		const times = this.#doors.get(saleId) ?? { openedAtMs: undefined, closedAtMs: undefined };
		this.#doors.delete(saleId);
		this.#doors.set(saleId, times);
		const [oldest] = this.#doors.keys();
		if (this.#doors.size > mostOpenings && oldest !== undefined) this.#doors.delete(oldest);
		if (state === "closed") {
			times.closedAtMs = nowMs;
			this.#eyes?.doorClosed(nowMs);
		} else if (state !== "ajar") {
			times.openedAtMs = nowMs;
			times.closedAtMs = undefined;
			this.#eyes?.doorOpened(nowMs);
		}
	}

	/** Calls back with what is known of the sale's opening, within the deadline, and then forgets it. */
	gather(saleId: string, shelves: readonly ShelfReading[], done: (gathered: Gathered) => void): void {
		const times = this.#doors.get(saleId);
		const curve = this.#curves.of(saleId);
		const steps = stepsOf(curve, shelves);
		const finish = (sighting: Sighting | undefined, shortage: Shortage | undefined): void => {
			this.#doors.delete(saleId);
			this.#curves.forget(saleId);
			const shortages: Shortage[] = shortage === undefined ? [] : [shortage];
			if (curve.length === 0) shortages.push("no-curve");
			const opening =
				times?.openedAtMs === undefined
					? undefined
					: { openedAtMs: times.openedAtMs, closedAtMs: times.closedAtMs ?? this.#clock.now() };
			done({ curve, steps, sighting, shortages, opening });
		};
		if (this.#eyes === undefined) {
			finish(undefined, "no-eyes");
			return;
		}
		if (times?.openedAtMs === undefined) {
			finish(undefined, "unseen-opening");
			return;
		}
		let isOver = false;
		const end = (sighting: Sighting | undefined, shortage: Shortage | undefined): void => {
			if (isOver) return;
			isOver = true;
			cancel();
			finish(sighting, shortage);
		};
		const cancel = this.#clock.after(visionDeadlineMs, () => end(undefined, "vision-late"));
		const { openedAtMs, closedAtMs = this.#clock.now() } = times;
		const opening = {
			saleId,
			openedAtMs,
			closedAtMs,
			unrest: steps.map(({ shelf, atMs, fromMs = atMs }) => ({ shelf, fromMs, atMs })),
		};
		// No task of the tracker's: the service must be able to close while cameras are looked at.
		this.#eyes.look(opening).then(
			(sighting) => end(sighting, undefined),
			(error: unknown) => {
				if (isOver) return;
				this.#onFailure(saleId, error);
				end(undefined, "vision-failed");
			},
		);
	}
}
