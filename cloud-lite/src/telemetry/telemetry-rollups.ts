import type { Clock } from "@visionvend/sdk/clock";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { DueWork } from "../outbox/due-work.ts";

export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** How often the rollups catch up. */
const everyMs = 5 * minuteMs;
/** A batch that was stamped just before a minute ended is committed by then. */
const settledAfterMs = 10_000;
/** How long each is kept. */
const rawKeptMs = 72 * hourMs;
const kept: readonly (readonly [spanMs: number, keptMs: number])[] = [
	[minuteMs, 7 * dayMs],
	[hourMs, 90 * dayMs],
	[dayMs, 5 * 365 * dayMs],
];
const mostDeletedAtOnce = 5_000;
/** An hour of so many machines is some 10 ms of work, for which nothing else runs. */
const machinesAtOnce = 20;
/** What is summed up at once takes memory: some 1 KB a message. */
const messagesAtOnce = 20_000;

const spokeSchema = z.object({ id: z.string(), messages: z.int() });
const timeSchema = z.object({ at: z.int().nullable() });

/**
 * Sums measurements up: minutes out of messages, hours out of minutes, days out of hours; and forgets what is older than
 * is kept. Each bucket is computed whole out of what lies below and written over: a crash, or a second instance that
 * does the same, changes nothing.
 */
export class TelemetryRollups {
	readonly #telemetry: Database;
	readonly #clock: Clock;
	readonly #work: DueWork;
	#comesBackSoon = false;

	constructor(options: {
		telemetry: Database;
		clock: Clock;
		tracker: TaskTracker;
		onError: (error: unknown) => void;
	}) {
		this.#telemetry = options.telemetry;
		this.#clock = options.clock;
		this.#work = new DueWork({ ...options, work: () => this.#catchUp() });
	}

	/** Something was stored. While nothing is, nothing runs. */
	wake(): void {
		if (!this.#comesBackSoon) this.#work.kick();
	}

	close(): void {
		this.#work.close();
	}

	async #catchUp(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		await this.#rollMinutes(startOf(nowMs - settledAfterMs, minuteMs));
		await this.#rollUp(minuteMs, hourMs);
		await this.#rollUp(hourMs, dayMs);
		await this.#forget(nowMs);
		// When something can be summed up that cannot be now.
		const waits = async (sql: string, args: number[]) => (await this.#earliest(sql, args)) !== null;
		const below = "SELECT MIN(from_ms) AS at FROM telemetry_rollup WHERE span_ms = ? AND from_ms >= ?";
		const raw = "SELECT MIN(at_ms) AS at FROM telemetry_raw WHERE at_ms >= ?";
		this.#comesBackSoon = await waits(raw, [await this.#progress(minuteMs)]);
		if (this.#comesBackSoon) {
			return startOf(nowMs, everyMs) + everyMs + settledAfterMs;
		}
		if (await waits(below, [minuteMs, await this.#progress(hourMs)])) {
			return startOf(nowMs - settledAfterMs, hourMs) + hourMs + settledAfterMs;
		}
		if (await waits(below, [hourMs, await this.#progress(dayMs)])) {
			return startOf(nowMs - settledAfterMs, dayMs) + dayMs + settledAfterMs;
		}
		return undefined;
	}

	async #rollMinutes(untilMs: number): Promise<void> {
		for (;;) {
			const progressMs = await this.#progress(minuteMs);
			const nextMs = await this.#earliest("SELECT MIN(at_ms) AS at FROM telemetry_raw WHERE at_ms >= ? AND at_ms < ?", [
				progressMs,
				untilMs,
			]);
			if (nextMs === null) {
				if (untilMs > progressMs) await this.#telemetry.write([progressTo(minuteMs, untilMs)]);
				return;
			}
			const fromMs = startOf(nextMs, minuteMs);
			for (const machineIds of await this.#machinesOf(fromMs)) {
				await this.#telemetry.write([
					{
						// The plus keeps it from going through all that these machines ever said.
						sql: `INSERT OR REPLACE INTO telemetry_rollup (machine_id, span_ms, from_ms, metrics)
							SELECT machine_id, ?1, ?2, json_group_object(metric, json_array(number, total, least, most)) FROM (
								SELECT machine_id, substr(found.fullkey, 3) AS metric, COUNT(*) AS number, SUM(found.value) AS total,
									MIN(found.value) AS least, MAX(found.value) AS most
								FROM telemetry_raw, json_tree(telemetry_raw.body) AS found
								WHERE at_ms >= ?2 AND at_ms < ?3 AND found.type IN ('integer', 'real')
									AND +machine_id IN (SELECT value FROM json_each(?4))
								GROUP BY machine_id, found.fullkey)
							GROUP BY machine_id`,
						args: [minuteMs, fromMs, fromMs + minuteMs, JSON.stringify(machineIds)],
					},
				]);
			}
			await this.#telemetry.write([progressTo(minuteMs, fromMs + minuteMs)]);
		}
	}

	/** The machines that spoke in a minute, as many together as are summed up at once. */
	async #machinesOf(fromMs: number): Promise<string[][]> {
		const rows = await this.#telemetry.read(
			`SELECT machine_id AS id, COUNT(*) AS messages FROM telemetry_raw WHERE at_ms >= ? AND at_ms < ? GROUP BY machine_id`,
			[fromMs, fromMs + minuteMs],
		);
		const groups: string[][] = [];
		let messagesInLast = messagesAtOnce;
		for (const { id, messages } of rows.map((row) => spokeSchema.parse(row))) {
			if (messagesInLast + messages > messagesAtOnce) {
				groups.push([]);
				messagesInLast = 0;
			}
			groups.at(-1)?.push(id);
			messagesInLast += messages;
		}
		return groups;
	}

	async #rollUp(belowMs: number, spanMs: number): Promise<void> {
		const untilMs = startOf(await this.#progress(belowMs), spanMs);
		for (;;) {
			const progressMs = await this.#progress(spanMs);
			const nextMs = await this.#earliest(
				"SELECT MIN(from_ms) AS at FROM telemetry_rollup WHERE span_ms = ? AND from_ms >= ? AND from_ms < ?",
				[belowMs, progressMs, untilMs],
			);
			if (nextMs === null) {
				if (untilMs > progressMs) await this.#telemetry.write([progressTo(spanMs, untilMs)]);
				return;
			}
			const fromMs = startOf(nextMs, spanMs);
			const rows = await this.#telemetry.read(
				`SELECT DISTINCT machine_id AS id FROM telemetry_rollup WHERE span_ms = ? AND from_ms >= ? AND from_ms < ?`,
				[belowMs, fromMs, fromMs + spanMs],
			);
			const ids = rows.map((row) => z.object({ id: z.string() }).parse(row).id);
			for (let index = 0; index < ids.length; index += machinesAtOnce) {
				await this.#telemetry.write([
					{
						sql: `INSERT OR REPLACE INTO telemetry_rollup (machine_id, span_ms, from_ms, metrics)
							SELECT machine_id, ?1, ?2, json_group_object(metric, json_array(number, total, least, most)) FROM (
								SELECT machine_id, metric.key AS metric, SUM(metric.value->>0) AS number, SUM(metric.value->>1) AS total,
									MIN(metric.value->>2) AS least, MAX(metric.value->>3) AS most
								FROM telemetry_rollup, json_each(telemetry_rollup.metrics) AS metric
								WHERE machine_id IN (SELECT value FROM json_each(?5)) AND span_ms = ?4 AND from_ms >= ?2 AND from_ms < ?3
								GROUP BY machine_id, metric.key)
							GROUP BY machine_id`,
						args: [spanMs, fromMs, fromMs + spanMs, belowMs, JSON.stringify(ids.slice(index, index + machinesAtOnce))],
					},
				]);
			}
			await this.#telemetry.write([progressTo(spanMs, fromMs + spanMs)]);
		}
	}

	async #forget(nowMs: number): Promise<void> {
		await this.#forgetRows("telemetry_raw", "at_ms < ?", [nowMs - rawKeptMs]);
		for (const [spanMs, keptMs] of kept) {
			await this.#forgetRows("telemetry_rollup", "span_ms = ? AND from_ms < ?", [spanMs, nowMs - keptMs]);
		}
	}

	/** In pieces: a delete holds up everything that wants to be stored. */
	async #forgetRows(table: "telemetry_raw" | "telemetry_rollup", where: string, args: number[]): Promise<void> {
		const key = table === "telemetry_raw" ? "id" : "machine_id, span_ms, from_ms";
		const some = `SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${mostDeletedAtOnce}`;
		for (;;) {
			const [row] = await this.#telemetry.read(`SELECT COUNT(*) AS found FROM (${some})`, args);
			const { found } = z.object({ found: z.int() }).parse(row);
			if (found > 0) {
				await this.#telemetry.write([{ sql: `DELETE FROM ${table} WHERE (${key}) IN (${some})`, args }]);
			}
			if (found < mostDeletedAtOnce) return;
		}
	}

	async #progress(spanMs: number): Promise<number> {
		return (await this.#earliest("SELECT until_ms AS at FROM telemetry_progress WHERE span_ms = ?", [spanMs])) ?? 0;
	}

	async #earliest(sql: string, args: number[]): Promise<number | null> {
		const [row] = await this.#telemetry.read(sql, args);
		return row === undefined ? null : timeSchema.parse(row).at;
	}
}

function startOf(atMs: number, spanMs: number): number {
	return atMs - (atMs % spanMs);
}

function progressTo(spanMs: number, untilMs: number): Statement {
	return {
		sql: `INSERT INTO telemetry_progress (span_ms, until_ms) VALUES (?, ?)
			ON CONFLICT (span_ms) DO UPDATE SET until_ms = MAX(until_ms, excluded.until_ms)`,
		args: [spanMs, untilMs],
	};
}
