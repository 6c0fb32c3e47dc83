import { topics } from "@visionvend/sdk/device/topics";
import { epochMs, type MemoryStage } from "../scenario/memory-stage.ts";

/** A sale whose money the payment network holds, and since when, to the second. */
export interface HeldMoney {
	readonly saleId: string;
	readonly sinceMs: number;
}

/** What the payment network holds at this moment. */
export function heldMoney({ payments }: MemoryStage): HeldMoney[] {
	return payments
		.paymentIntents()
		.filter(({ status }) => status === "requires_capture")
		.map(({ metadata, created }) => ({ saleId: metadata.sale_id ?? "", sinceMs: created * 1000 - epochMs }));
}

/** The bolt let go: the pulses of one window are one opening. */
export interface Opening {
	readonly atMs: number;
	/** When the bolt was out again for good; `undefined` while it is back. */
	untilMs: number | undefined;
	/** It let go again in the same window though the door had been opened by then. */
	againAfterDoor: boolean;
	/** When the last unlock left the cloud. */
	readonly unlockSentMs: number;
	/** Sales whose money the payment network held at that moment, with the second at which it began to hold it. */
	readonly heldFor: readonly HeldMoney[];
}

/** A window lasts 10 s; the bolt may come late, and a broken wire may let it go in between. */
const windowMs = 10_000;

/**
 * Somebody with perfect eyes who knows nothing of the system: sees bolt and coil at the machine, and the payment
 * network's books at each opening.
 */
export class Witness {
	readonly openings: Opening[] = [];
	/** Longest time that the coil stayed on while the door stood open, in this sale, milliseconds. */
	longestOnBesideOpenDoorMs = 0;
	#openSinceMs: number | undefined;
	/** The door was opened since the last window began. */
	#wasOpened = false;
	readonly #stage: MemoryStage;

	#unlockSentMs = Number.NEGATIVE_INFINITY;

	/** `attackerSpeaks`: what crosses the broker at this moment is not the cloud's. */
	constructor(stage: MemoryStage, attackerSpeaks: () => boolean) {
		this.#stage = stage;
		const { unlock } = topics(stage.machineId);
		stage.trace.tap((kind, [, topic]) => {
			if (kind === "message" && topic === unlock && !attackerSpeaks()) this.#unlockSentMs = stage.atMs;
		});
		const { lock, fridge, board } = stage.machine;
		lock.onChange((released) => this.#boltMoved(released));
		fridge.onAction(({ event }) => {
			if (event === "door opened" || event === "door forced") this.#wasOpened = true;
			if (event === "door opened") this.#openSinceMs = board.clock.now / 1e6;
			if (event === "door closed") this.#openSinceMs = undefined;
		});
		lock.onCurrent((on) => {
			const now = board.clock.now / 1e6;
			if (on || this.#openSinceMs === undefined) return;
			this.longestOnBesideOpenDoorMs = Math.max(this.longestOnBesideOpenDoorMs, now - this.#openSinceMs);
		});
	}

	/** Forgets what was before, for the next sale. */
	nextSale(): void {
		this.longestOnBesideOpenDoorMs = 0;
	}

	/** How often the bolt has let go so far. */
	get count(): number {
		return this.openings.length;
	}

	#boltMoved(released: boolean): void {
		const { atMs } = this.#stage;
		const last = this.openings.at(-1);
		if (!released) {
			if (last) last.untilMs = atMs;
			return;
		}
		if (last?.untilMs !== undefined && atMs - last.atMs <= windowMs) {
			last.untilMs = undefined;
			last.againAfterDoor ||= this.#wasOpened;
			return;
		}
		const heldFor = heldMoney(this.#stage);
		this.#wasOpened = false;
		this.openings.push({ atMs, untilMs: undefined, againAfterDoor: false, unlockSentMs: this.#unlockSentMs, heldFor });
	}
}
