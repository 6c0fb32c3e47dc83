import { performance } from "node:perf_hooks";
import { type Clock, systemClock } from "@visionvend/sdk/clock";

/**
 * Milliseconds since 1970 as they were known at the start of the process, counted on without a jump when the system's
 * clock is set. Frames and weights are compared by it.
 */
export const monotonicClock: Clock = {
	now: () => performance.timeOrigin + performance.now(),
	after: systemClock.after,
};
