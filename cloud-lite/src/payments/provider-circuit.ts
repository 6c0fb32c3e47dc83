import type { Clock } from "@visionvend/sdk/clock";
import { CircuitBreakers } from "../notify/circuit-breaker.ts";
import type { Unknown } from "./payment-provider.ts";

/** The way to one provider. After five calls in a row whose outcome nobody knows it is left alone for half a minute. */
export class ProviderCircuit {
	readonly #provider: string;
	readonly #breakers: CircuitBreakers;
	#reachable: boolean | undefined;

	/** @param provider what people call it */
	constructor(provider: string, clock: Clock) {
		this.#provider = provider;
		this.#breakers = new CircuitBreakers(clock);
	}

	/** Whether the last call was answered; `undefined` before the first. */
	get reachable(): boolean | undefined {
		return this.#reachable;
	}

	/** @param attempt answers `unknown` where it cannot tell what came of it */
	async call<Result extends { readonly kind: string }>(attempt: () => Promise<Result>): Promise<Result | Unknown> {
		const blockedUntilMs = this.#breakers.blockedUntilMs(this.#provider);
		if (blockedUntilMs !== undefined) {
			const until = new Date(blockedUntilMs).toISOString();
			return { kind: "unknown", message: `${this.#provider} is not asked before ${until}: it failed again and again` };
		}
		const result = await attempt();
		this.#reachable = result.kind !== "unknown";
		if (this.#reachable) this.#breakers.succeeded(this.#provider);
		else this.#breakers.failed(this.#provider);
		return result;
	}
}
