import type { Clock } from "@visionvend/sdk/clock";

interface Circuit {
	failures: number;
	/** When one attempt may be made again; 0: closed. */
	openUntilMs: number;
}

/** This many failures in a row open a circuit. */
const failuresToOpen = 5;
const openForMs = 30_000;

/**
 * Keeps services that are down from being asked again and again, one circuit a service. After five failures in a row
 * nothing is tried for 30 seconds; then one attempt decides.
 */
export class CircuitBreakers {
	readonly #clock: Clock;
	readonly #circuits = new Map<string, Circuit>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * When the next attempt may be made, epoch milliseconds; `undefined`: now. Whoever gets `undefined` of an open circuit
	 * makes the attempt that decides; all others wait for it.
	 */
	blockedUntilMs(service: string): number | undefined {
		const circuit = this.#circuits.get(service);
		if (circuit === undefined || circuit.openUntilMs === 0) return undefined;
		const nowMs = this.#clock.now();
		if (circuit.openUntilMs > nowMs) return circuit.openUntilMs;
		circuit.openUntilMs = nowMs + openForMs;
		return undefined;
	}

	succeeded(service: string): void {
		this.#circuits.delete(service);
	}

	failed(service: string): void {
		const circuit = this.#circuits.get(service) ?? { failures: 0, openUntilMs: 0 };
		circuit.failures += 1;
		if (circuit.failures >= failuresToOpen) circuit.openUntilMs = this.#clock.now() + openForMs;
		this.#circuits.set(service, circuit);
	}

	/** Services that are not asked now. */
	open(): string[] {
		return [...this.#circuits].filter(([, { openUntilMs }]) => openUntilMs > 0).map(([service]) => service);
	}
}
