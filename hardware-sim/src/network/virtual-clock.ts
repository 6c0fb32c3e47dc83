import type { Clock } from "@visionvend/sdk/clock";
import type { SimulationClock } from "../clock.ts";

const nsPerMs = 1_000_000;

/**
 * The clock of the Node rooms on virtual time. Callbacks run on the script lane, so two rooms never run at once.
 * @param epochMs what `now()` answers at simulation time 0, in milliseconds since 1970.
 */
export function virtualClock(clock: SimulationClock, epochMs: number): Clock {
	return {
		now: () => epochMs + Math.floor(clock.now / nsPerMs),
		after: (delayMs, callback) => clock.callbackAfter(Math.max(0, delayMs) * nsPerMs, callback),
	};
}
