/** The only source of time. Rooms take one as an argument; tests and the simulator pass a clock of their own. */
export interface Clock {
	/** Milliseconds since 1970-01-01T00:00Z. */
	now(): number;
	/** Calls `callback` once, after `delayMs` (0 or more). Returns a function that cancels; cancelling twice is harmless. */
	after(delayMs: number, callback: () => void): () => void;
}

// Node fires a longer timeout after 1 ms instead of waiting: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const longestTimeoutMs = 2 ** 31 - 1;

/** The clock of the machine that this process runs on. A waiting callback keeps the process alive. */
export const systemClock: Clock = {
	now: () => Date.now(),
	after(delayMs, callback) {
		if (Number.isNaN(delayMs)) {
			throw new RangeError("Clock.after: the delay is NaN; pass milliseconds, 0 or more");
		}
		let remainingMs = Math.max(0, delayMs);
		let handle: NodeJS.Timeout;
		const wait = (): void => {
			const stepMs = Math.min(remainingMs, longestTimeoutMs);
			remainingMs -= stepMs;
			handle = setTimeout(remainingMs > 0 ? wait : callback, stepMs);
		};
		wait();
		return () => clearTimeout(handle);
	},
};
