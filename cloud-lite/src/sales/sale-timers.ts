import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import type { SaleStore } from "./sale-store.ts";

/** Looks again at sales for which nothing came: the unlock that was not answered, the hold that runs out. */
export class SaleTimers extends DueWork {
	readonly #sales: SaleStore;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(
		options: DueWorkPorts & {
			sales: SaleStore;
			random: Random;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#sales = options.sales;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** Looks at a sale that waits for its unlock now, for its machine has just spoken. */
	async hurry(saleId: string): Promise<void> {
		await this.#sales.change(saleId, { type: "machine-started", helloRequest: randomId(this.#random) });
	}

	async #look(): Promise<number | undefined> {
		const { saleIds, nextAtMs } = await this.#sales.due(this.#clock.now());
		const failures: unknown[] = [];
		for (const saleId of saleIds) {
			try {
				await this.#sales.change(saleId, { type: "timer", helloRequest: randomId(this.#random) });
			} catch (error) {
				// A defect in one sale must not keep the others waiting.
				failures.push(error);
			}
		}
		if (failures.length > 0) throw failures[0];
		return nextAtMs;
	}
}
