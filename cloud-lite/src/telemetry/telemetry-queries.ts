import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Database } from "../db/database.ts";
import { dayMs, hourMs, minuteMs } from "./telemetry-rollups.ts";

export const spanSchema = z.enum(["message", "minute", "hour", "day"]);

const pointSchema = z.object({
	at: z.iso.datetime().openapi({ description: "When the message came, or the span begins" }),
	count: z.int(),
	mean: z.number(),
	least: z.number(),
	most: z.number(),
});

export const seriesSchema = z
	.object({ metric: z.string(), span: spanSchema, points: z.array(pointSchema) })
	.openapi("Series");

const mostPoints = 5_000;
const rawSchema = z.object({ at: z.int(), value: z.number() });
const rollupSchema = z.object({ at: z.int(), totals: z.string() });
const totalsSchema = z.tuple([z.int(), z.number(), z.number(), z.number()]);
const spanMs = { minute: minuteMs, hour: hourMs, day: dayMs } as const;

/** What machines measured, over time. */
export class TelemetryQueries {
	readonly #telemetry: Database;
	readonly #clock: Clock;

	constructor(options: { telemetry: Database; clock: Clock }) {
		this.#telemetry = options.telemetry;
		this.#clock = options.clock;
	}

	/** The numbers at `metric`, a path in the message, oldest first; the newest 5,000 of them. Whether the machine is theirs is the caller's to know. */
	async series(
		machineId: string,
		metric: string,
		span: z.infer<typeof spanSchema>,
		fromMs = this.#clock.now() - dayMs,
		toMs = this.#clock.now(),
	): Promise<z.infer<typeof seriesSchema>> {
		if (span === "message") {
			const rows = await this.#telemetry.read(
				`SELECT at_ms AS at, json_extract(body, ?2) AS value FROM telemetry_raw
					WHERE machine_id = ?1 AND at_ms >= ?3 AND at_ms <= ?4 AND json_type(body, ?2) IN ('integer', 'real')
					ORDER BY at_ms DESC, id DESC LIMIT ${mostPoints}`,
				[machineId, `$.${metric}`, fromMs, toMs],
			);
			const points = rows.map((row) => rawSchema.parse(row)).reverse();
			return {
				metric,
				span,
				points: points.map(({ at, value }) => ({ at: isoOf(at), count: 1, mean: value, least: value, most: value })),
			};
		}
		const rows = await this.#telemetry.read(
			`SELECT from_ms AS at, totals.value AS totals FROM telemetry_rollup, json_each(telemetry_rollup.metrics) AS totals
				WHERE machine_id = ? AND span_ms = ? AND from_ms >= ? AND from_ms <= ? AND totals.key = ?
				ORDER BY from_ms DESC LIMIT ${mostPoints}`,
			[machineId, spanMs[span], fromMs, toMs, metric],
		);
		const points = rows.map((row) => rollupSchema.parse(row)).reverse();
		return {
			metric,
			span,
			points: points.map(({ at, totals }) => {
				const [count, sum, least, most] = totalsSchema.parse(JSON.parse(totals));
				return { at: isoOf(at), count, mean: sum / count, least, most };
			}),
		};
	}
}

function isoOf(atMs: number): string {
	return new Date(atMs).toISOString();
}
