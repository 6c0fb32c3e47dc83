import { FaultNotHere, type Heal } from "../faults/fault.ts";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { CampaignFault } from "./campaign-faults.ts";

/** One fault that begins and ends at moments of its own, whatever goes on by then. */
export class Trouble {
	readonly fault: CampaignFault;
	readonly fromMs: number;
	readonly untilMs: number;
	readonly #random: SeededRandom;
	#heal: Heal | undefined;
	#state: "ahead" | "on" | "over" = "ahead";

	constructor(fault: CampaignFault, fromMs: number, untilMs: number, random: SeededRandom) {
		this.fault = fault;
		this.fromMs = fromMs;
		this.untilMs = untilMs;
		this.#random = random;
	}

	/** Whether it has begun. */
	get begun(): boolean {
		return this.#state !== "ahead";
	}

	get over(): boolean {
		return this.#state === "over";
	}

	/** When it wants to act next; `undefined` once it is over. */
	get dueMs(): number | undefined {
		if (this.#state === "over") return undefined;
		return this.#state === "ahead" ? this.fromMs : this.untilMs;
	}

	/** Begins or ends, if it is time. */
	async act(stage: MemoryStage): Promise<void> {
		if (this.#state === "ahead" && stage.atMs >= this.fromMs) {
			this.#state = "on";
			stage.tell("world", "fault", { name: this.fault.name });
			try {
				this.#heal = await this.fault.inject(stage, this.#random);
			} catch (error) {
				// The machine has no such part: then it cannot break.
				if (!(error instanceof FaultNotHere)) throw error;
				this.#state = "over";
			}
		}
		if (this.#state === "on" && stage.atMs >= this.untilMs) {
			this.#state = "over";
			await this.#heal?.();
			stage.tell("world", "fault over", { name: this.fault.name });
		}
	}
}
