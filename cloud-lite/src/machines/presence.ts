import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { z } from "zod";
import type { Database, Statement, Value } from "../db/database.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";

/** A device that says nothing for this long is offline. */
export const offlineAfterMs = 10 * 60_000;

const momentSchema = z.object({ at: z.int().nullable() });
const changedSchema = z.object({ id: z.string() });

/**
 * Which devices are online, by when they were heard last, and by nothing else: no message can be missed, and none that
 * comes twice or late changes anything. Each change is written down once, however many instances look.
 * To be kicked when devices were heard, or have left service or come back to it.
 */
export class Presence extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			log: Log;
		},
	) {
		super({ ...options, work: () => this.#sweep() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
	}

	async #sweep(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const limitMs = nowMs - offlineAfterMs;
		await this.#change("offline", "status = 'online' AND last_seen_at_ms <= ?", limitMs, nowMs);
		await this.#change("online", "status = 'offline' AND last_seen_at_ms > ?", limitMs, nowMs);
		const [row] = await this.#database.read("SELECT MIN(last_seen_at_ms) AS at FROM device WHERE status = 'online'");
		const { at: oldestMs } = momentSchema.parse(row);
		return oldestMs === null ? undefined : oldestMs + offlineAfterMs;
	}

	async #change(status: "online" | "offline", where: string, limitMs: number, nowMs: number): Promise<void> {
		const rows = await this.#database.read(`SELECT id FROM device WHERE ${where}`, [limitMs]);
		if (rows.length === 0) return;
		await this.#database.write(statusStatements(status, where, [limitMs], nowMs));
		const level = status === "offline" ? "warn" : "info";
		for (const row of rows) {
			this.#log({ level, room: "cloud", event: `device.${status}`, deviceId: changedSchema.parse(row).id });
		}
	}
}

/** Gives the devices that `where` finds another status, and writes each change down. */
export function statusStatements(status: string, where: string, args: readonly Value[], nowMs: number): Statement[] {
	return [
		{
			sql: `INSERT INTO device_status_change (tenant_id, device_id, status, at_ms)
				SELECT tenant_id, id, ?, ? FROM device WHERE ${where}`,
			args: [status, nowMs, ...args],
		},
		{ sql: `UPDATE device SET status = ?, status_since_ms = ? WHERE ${where}`, args: [status, nowMs, ...args] },
	];
}
