import type { Delivery } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";

/** One attempt that is ready to be made. */
export interface Attempt {
	/** Who shares a fate: attempts at one service stop together when it is down. */
	readonly service: string;
	make(): Promise<Outcome>;
}

/** Carries one kind of delivery. */
export interface Courier {
	/** How long to wait after the first, second, … failure, milliseconds; after the last one the delivery is dead. */
	readonly waitsMs: readonly number[];
	/** Looks the destination up as it is now. Answers an outcome at once where nothing is to be sent. */
	prepare(delivery: Delivery): Promise<Attempt | Outcome>;
}
