import type { DispenseResult } from "@visionvend/sdk/device/messages";

/** What the machine delivers with: a rack of slots, or a coffee group with its recipes. One thing at a time. */
export interface Deliverer {
	/** Why these slots (or recipes) cannot be delivered now, one after the other; empty when they can. */
	obstacle(slots: readonly number[]): string;
	/** Delivers, and calls `done` once, later. `reason` is empty when delivered. */
	deliver(slot: number, done: DeliveryDone): void;
	/** Nothing moves any more; what runs comes to its end at once. */
	stop(): void;
	/** By then `done` has been called, unless something is broken that should not be. */
	readonly longestMs: number;
	/** Parts that do not work now, by name. */
	readonly faults: readonly string[];
	close(): void;
}

/** `unknown`: it broke in the middle, and nobody saw whether something came out. */
export type DeliveryDone = (outcome: DispenseResult["outcome"], reason: string) => void;
