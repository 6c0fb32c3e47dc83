import type { Clock } from "@visionvend/sdk/clock";
import { ApiError } from "./api-error.ts";

const keptMs = 24 * 3_600 * 1_000;

export interface StoredAnswer {
	readonly status: number;
	readonly body: string;
}

interface Entry {
	readonly endpoint: string;
	readonly fingerprint: string;
	readonly createdAtMs: number;
	answer: StoredAnswer | undefined;
}

/**
 * Remembers for 24 hours what each `Idempotency-Key` was answered, errors included, so that a retry does nothing twice.
 * Source: Stripe API reference, "Idempotent requests".
 */
export class IdempotencyKeys {
	readonly #clock: Clock;
	readonly #entries = new Map<string, Entry>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * Starts a request under a key: the stored answer when there is one, `undefined` when the work is to be done.
	 * Throws when the key belongs to another request (400) or to one that is still running (409).
	 */
	begin(key: string, endpoint: string, fingerprint: string): StoredAnswer | undefined {
		if (key.length > 255) {
			throw new ApiError(
				400,
				{
					type: "invalid_request_error",
					message: `Idempotency keys have at most 255 characters; this one has ${key.length}.`,
				},
				false,
			);
		}
		const now = this.#clock.now();
		const entry = this.#entries.get(key);
		if (entry === undefined || now - entry.createdAtMs >= keptMs) {
			this.#entries.set(key, { endpoint, fingerprint, createdAtMs: now, answer: undefined });
			return undefined;
		}
		if (entry.endpoint !== endpoint) {
			throw misuse(
				`Keys for idempotent requests can only be used for the same endpoint they were first used for ('${entry.endpoint}'). Use another key than '${key}' for another request.`,
			);
		}
		if (entry.fingerprint !== fingerprint) {
			throw misuse(
				`Keys for idempotent requests can only be used with the same parameters they were first used with. Use another key than '${key}' for another request.`,
			);
		}
		if (entry.answer === undefined) {
			throw new ApiError(
				409,
				{
					type: "idempotency_error",
					code: "idempotency_key_in_use",
					message: `Another request with the idempotency key '${key}' is still running. Wait for it, then retry.`,
				},
				false,
			);
		}
		return entry.answer;
	}

	/** The work under the key is done; `undefined` forgets the key, so that a retry begins anew. */
	finish(key: string, answer: StoredAnswer | undefined): void {
		const entry = this.#entries.get(key);
		if (answer === undefined) this.#entries.delete(key);
		else if (entry !== undefined) entry.answer = answer;
	}
}

function misuse(message: string): ApiError {
	return new ApiError(400, { type: "idempotency_error", message }, false);
}
