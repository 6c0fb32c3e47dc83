import { topics } from "@visionvend/sdk/device/topics";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import { type HeldMoney, heldMoney } from "./witness.ts";

/** Parts of the machine began to move, and came to rest. */
export interface Movement {
	readonly atMs: number;
	/** When everything was at rest again; `undefined` while something moves. */
	untilMs: number | undefined;
	/** When the last order left the cloud. */
	readonly orderSentMs: number;
	/** Sales whose money the payment network held at that moment. */
	readonly heldFor: readonly HeldMoney[];
}

/** Between two steps of a recipe or two slots of an order things stand still for less than this. */
export const pauseMs = 10_000;

/**
 * Somebody with perfect eyes who knows nothing of the system: sees what turns, grinds, pumps and heats in a machine that
 * delivers, and the payment network's books whenever it begins.
 */
export class DeliveryWitness {
	readonly movements: Movement[] = [];
	/** The bolt of the door let go, so often: nobody who serves the machine has come. */
	doorOpenings = 0;
	readonly #stage: MemoryStage;
	#moving = 0;
	#orderSentMs = Number.NEGATIVE_INFINITY;

	/** `attackerSpeaks`: what crosses the broker at this moment is not the cloud's. */
	constructor(stage: MemoryStage, attackerSpeaks: () => boolean) {
		this.#stage = stage;
		const { dispense } = topics(stage.machineId);
		stage.trace.tap((kind, [, topic]) => {
			if (kind === "message" && topic === dispense && !attackerSpeaks()) this.#orderSentMs = stage.atMs;
		});
		const { board, lock } = stage.machine;
		lock.onChange((released) => {
			if (released) this.doorOpenings++;
		});
		for (const net of board.nets.values())
			if (/^(motor_\d+|grinder|pump|heater)$/.test(net.name)) net.watch((level) => this.#moved(level === 1));
	}

	/** Nothing has moved for so long, milliseconds; 0 while something does. */
	get restMs(): number {
		const last = this.movements.at(-1);
		if (last === undefined) return Number.POSITIVE_INFINITY;
		return last.untilMs === undefined ? 0 : this.#stage.atMs - last.untilMs;
	}

	#moved(on: boolean): void {
		const { atMs } = this.#stage;
		this.#moving += on ? 1 : -1;
		const last = this.movements.at(-1);
		if (this.#moving === 0 && last) last.untilMs = atMs;
		if (!on || this.#moving > 1) return;
		if (last?.untilMs !== undefined && atMs - last.untilMs < pauseMs) {
			last.untilMs = undefined;
			return;
		}
		const heldFor = heldMoney(this.#stage);
		this.movements.push({ atMs, untilMs: undefined, orderSentMs: this.#orderSentMs, heldFor });
	}
}
