import type { Clock } from "@visionvend/sdk/clock";
import type { Database } from "../db/database.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";

const everyMs = 5 * 60_000;
export const hourMs = 3_600_000;
/** A machine that said something this lately is online. */
export const onlineWithinMs = 10 * 60_000;
// Two years of hours.
const keptMs = 2 * 366 * 86_400_000;

/**
 * Counts every five minutes how many machines of each tenant are online, and adds it to the hour. Machines that have
 * never been seen do not count. Several instances count beside each other: the rate stays the same.
 */
export class OnlineSampler extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;

	constructor(
		options: DueWorkPorts & {
			database: Database;
		},
	) {
		super({ ...options, work: () => this.#sample() });
		this.#database = options.database;
		this.#clock = options.clock;
	}

	async #sample(): Promise<number> {
		const nowMs = this.#clock.now();
		await this.#database.write([
			{
				sql: `INSERT INTO online_sample (tenant_id, hour_ms, online, machines)
					SELECT tenant_id, ?1, SUM(last_seen_at_ms >= ?2), COUNT(*) FROM machine
						WHERE last_seen_at_ms IS NOT NULL GROUP BY tenant_id
					ON CONFLICT (tenant_id, hour_ms) DO UPDATE SET
						online = online + excluded.online, machines = machines + excluded.machines`,
				args: [nowMs - (nowMs % hourMs), nowMs - onlineWithinMs],
			},
			{ sql: "DELETE FROM online_sample WHERE hour_ms < ?", args: [nowMs - keptMs] },
		]);
		return nowMs + everyMs;
	}
}
