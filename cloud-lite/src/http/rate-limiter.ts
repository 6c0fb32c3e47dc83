import type { Clock } from "@visionvend/sdk/clock";
import { Problem } from "./problem.ts";

/** How often something may be done: `burst` at once, and then `perMinute`. */
export interface RateLimit {
	readonly burst: number;
	readonly perMinute: number;
}

const mostBuckets = 100_000;

/** Token buckets in memory, one a name. When too many names come, the one that was seen longest ago is forgotten. */
export class RateLimiter {
	readonly #clock: Clock;
	readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** @throws Problem 429 with `Retry-After` when the bucket is empty */
	take(name: string, { burst, perMinute }: RateLimit): void {
		const nowMs = this.#clock.now();
		const { tokens, atMs } = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
		const filled = Math.min(burst, tokens + ((nowMs - atMs) * perMinute) / 60_000);
		// Seen last is kept last.
		this.#buckets.delete(name);
		this.#buckets.set(name, { tokens: filled >= 1 ? filled - 1 : filled, atMs: nowMs });
		if (this.#buckets.size > mostBuckets) {
			const [oldest] = this.#buckets.keys();
			if (oldest !== undefined) this.#buckets.delete(oldest);
		}
		if (filled >= 1) return;
		const seconds = Math.ceil(((1 - filled) * 60) / perMinute);
		throw new Problem(
			429,
			"too_many_requests",
			`Too often; try again in ${seconds} s.`,
			{},
			{ "retry-after": `${seconds}` },
		);
	}
}
