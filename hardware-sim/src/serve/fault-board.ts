import { faults } from "../faults/catalogue.ts";
import { type Fault, FaultNotHere, type Heal } from "../faults/fault.ts";
import { SeededRandom } from "../random.ts";
import type { Stage } from "../scenario/stage.ts";
import { NotPossible } from "./not-possible.ts";
import type { PageFault } from "./page-state.ts";

/** The faults of one stage as switches: a first press breaks, a second one mends. */
export class FaultBoard {
	readonly #stage: Stage;
	readonly #random: SeededRandom;
	readonly #active = new Map<string, Heal>();
	#count = 0;

	constructor(stage: Stage, seed: number) {
		this.#stage = stage;
		this.#random = new SeededRandom(seed).fork("page");
	}

	/** Names of what is broken now, oldest first. */
	get active(): readonly string[] {
		return [...this.#active.keys()];
	}

	async toggle(name: string): Promise<void> {
		const heal = this.#active.get(name);
		if (heal) {
			this.#active.delete(name);
			await heal();
			this.#stage.tell("world", "fault over", { name });
			return;
		}
		const fault = faults.find((candidate) => candidate.name === name);
		if (fault === undefined) throw new NotPossible(`There is no fault "${name}".`);
		this.#count++;
		this.#stage.tell("world", "fault", { name });
		try {
			const mend = await fault.inject(this.#stage, this.#random.fork(`fault ${this.#count}`));
			if (isMomentary(fault)) await mend();
			else this.#active.set(name, mend);
		} catch (error) {
			if (error instanceof FaultNotHere) throw new NotPossible(error.message);
			throw error;
		}
	}
}

/** What the page may break. */
export function pageFaults(): PageFault[] {
	return faults.map((fault) => ({
		name: fault.name,
		layer: fault.layer,
		summary: fault.summary,
		momentary: isMomentary(fault),
	}));
}

function isMomentary(fault: Fault): boolean {
	return fault.usualMs === 0;
}
