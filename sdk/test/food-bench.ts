import { startFood, transitionFood } from "../src/device/food-safety/food-machine.ts";
import { decodeFoodRecord, encodeFoodRecord } from "../src/device/food-safety/food-record.ts";
import type { FoodEvent, FoodLock, FoodState, FoodTransition } from "../src/device/food-safety/food-state.ts";

export const seconds = (count: number): number => count * 1_000;
export const minutes = (count: number): number => count * 60_000;

/** The food machine with a store, an alarm and a clock, as the firmware drives it. It starts at 0 with an empty store. */
export class FoodBench {
	nowMs = 0;
	/** What a controller would be told, and when. */
	readonly changes: { atMs: number; reason: FoodLock }[] = [];
	/** How often the store was written. */
	writes = 0;
	storeFails = false;
	reason: FoodLock = "";
	#stored: string | undefined;
	#alarmAtMs: number | undefined;
	#answer: string | undefined;
	#state: FoodState;

	constructor() {
		this.#state = this.#start();
	}

	/** Readings of this temperature (or none) for so long, one every `periodMs`, the last one at the end. */
	hold(centidegrees: number | undefined, milliseconds: number, periodMs = seconds(5)): void {
		const endMs = this.nowMs + milliseconds;
		while (this.nowMs + periodMs <= endMs) {
			this.silence(periodMs);
			this.send({ type: "sample", centidegrees, atMs: this.nowMs });
		}
		this.silence(endMs - this.nowMs);
	}

	/** Time in which nothing happens but the machine's own alarm. */
	silence(milliseconds: number): void {
		const endMs = this.nowMs + milliseconds;
		while (this.#alarmAtMs !== undefined && this.#alarmAtMs <= endMs) {
			this.nowMs = this.#alarmAtMs;
			this.#alarmAtMs = undefined;
			this.send({ type: "elapsed", atMs: this.nowMs });
		}
		this.nowMs = endMs;
	}

	send(event: FoodEvent): void {
		this.#follow(transitionFood(this.#state, event, { limitCentidegrees: 500 }));
	}

	/** What a person hears who wants it to sell again. */
	clear(): string | undefined {
		this.#answer = undefined;
		this.send({ type: "clear", atMs: this.nowMs });
		return this.#answer;
	}

	/** Power goes and comes back: only the store is left. */
	powerCut(): void {
		this.#alarmAtMs = undefined;
		this.#state = this.#start();
	}

	#start(): FoodState {
		const record = this.#stored === undefined ? undefined : (decodeFoodRecord(this.#stored) ?? "unreadable");
		const step = startFood(record, this.nowMs);
		this.#follow(step);
		return this.#state;
	}

	#follow(step: FoodTransition): void {
		this.#state = step.state;
		for (const effect of step.effects) {
			switch (effect.type) {
				case "persist":
					if (this.storeFails) {
						this.send({ type: "storage-failed", atMs: this.nowMs });
						return;
					}
					this.#stored = encodeFoodRecord(effect.record);
					this.writes += 1;
					break;
				case "lock":
					if (effect.reason !== this.reason) this.changes.push({ atMs: this.nowMs, reason: effect.reason });
					this.reason = effect.reason;
					break;
				case "cleared":
					this.#answer = effect.reason;
					break;
				case "alarm":
					this.#alarmAtMs = effect.milliseconds === undefined ? undefined : this.nowMs + effect.milliseconds;
					break;
			}
		}
	}
}
