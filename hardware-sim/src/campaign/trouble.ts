import { FaultNotHere, type Heal } from "../faults/fault.ts";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { StageEvent } from "../scenario/stage.ts";
import type { CampaignFault } from "./campaign-faults.ts";

/** A moment of a sale, by what a room tells of it: `controller report.sent`. */
export type Cue = `${string} ${string}`;

/** When a fault begins: at a moment of the day, or so long after a cue. */
export type Begin = { readonly atMs: number } | { readonly cue: Cue; readonly afterMs: number };

/** One fault that begins and ends at moments of its own, whatever goes on by then. */
export class Trouble {
	readonly fault: CampaignFault;
	readonly #begin: Begin;
	readonly #forMs: number;
	readonly #random: SeededRandom;
	#fromMs = Number.POSITIVE_INFINITY;
	#heal: Promise<Heal> | undefined;
	#state: "ahead" | "cued" | "on" | "over" = "ahead";

	constructor(fault: CampaignFault, begin: Begin, forMs: number, random: SeededRandom) {
		this.fault = fault;
		this.#begin = begin;
		this.#forMs = Math.round(forMs);
		this.#random = random;
	}

	/** Whether it has begun. */
	get begun(): boolean {
		return this.#heal !== undefined;
	}

	get over(): boolean {
		return this.#state === "over";
	}

	/** Milliseconds since the day began; infinite until it has begun. */
	get fromMs(): number {
		return this.#fromMs;
	}

	get untilMs(): number {
		return this.#fromMs + this.#forMs;
	}

	/** When it wants to act next; `undefined` while it waits for its cue, and once it is over. */
	get dueMs(): number | undefined {
		if (this.#state === "on") return this.untilMs;
		return this.#state === "ahead" && "atMs" in this.#begin ? this.#begin.atMs : undefined;
	}

	/** Something has happened: perhaps it was the cue. */
	hear({ room, event }: StageEvent, stage: MemoryStage): void {
		const begin = this.#begin;
		if (this.#state !== "ahead" || !("cue" in begin) || begin.cue !== `${room} ${event}`) return;
		this.#state = "cued";
		stage.machine.board.clock.callbackAfter(begin.afterMs * 1e6, () => {
			if (this.#state === "cued") this.#start(stage);
		});
	}

	/** Begins or ends, if it is time. */
	async act(stage: MemoryStage): Promise<void> {
		const begin = this.#begin;
		if (this.#state === "ahead" && "atMs" in begin && stage.atMs >= begin.atMs) this.#start(stage);
		if (this.#state !== "on" || stage.atMs < this.untilMs) return;
		this.#state = "over";
		const heal = await this.#heal;
		await heal?.();
		stage.tell("world", "fault over", { name: this.fault.name });
	}

	/** The sale is over, and the cue has not come. */
	giveUp(): void {
		if (this.#state === "ahead" || this.#state === "cued") this.#state = "over";
	}

	#start(stage: MemoryStage): void {
		this.#state = "on";
		this.#fromMs = stage.atMs;
		stage.tell("world", "fault", { name: this.fault.name });
		this.#heal = this.#inject(stage);
	}

	async #inject(stage: MemoryStage): Promise<Heal> {
		try {
			return await this.fault.inject(stage, this.#random);
		} catch (error) {
			// The machine has no such part: then it cannot break.
			if (!(error instanceof FaultNotHere)) throw error;
			return () => undefined;
		}
	}
}
