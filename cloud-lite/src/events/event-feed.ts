import { z } from "zod";
import type { Database, Row } from "../db/database.ts";
import { announced } from "../notify/sale-announcer.ts";

/** Something that happened in a tenant, as streams tell it. */
export interface LiveEvent {
	/** `sale.opened`, `device.offline`, `stock.low`, `alarm.resolved`. */
	readonly type: string;
	readonly atMs: number;
	readonly data: Readonly<Record<string, string | number | null>>;
	/** Where a reader stands that has seen this event and all before it. */
	readonly position: Position;
}

/** How far a reader has read each source: the last line's id, in the order of `sources`. */
export type Position = readonly number[];

interface Source {
	readonly table: string;
	/** The lines of tenant `?1` with ids above `?2` and up to `?3`, oldest first, `?4` at most. */
	readonly sql: string;
	/** `undefined`: nobody is told of this line. */
	readonly event: (row: Row) => { readonly type: string; readonly data: LiveEvent["data"] } | undefined;
}

const saleSchema = z.object({
	event: z.string(),
	sale_id: z.string(),
	machine_id: z.string(),
	currency: z.string(),
	held_cents: z.int(),
	captured_cents: z.int(),
	cause: z.string().nullable(),
});
const deviceSchema = z.object({ device_id: z.string(), machine_id: z.string(), status: z.string() });
const stockSchema = z.object({
	product_id: z.string(),
	machine_id: z.string().nullable(),
	kind: z.string(),
	quantity: z.int(),
	low_at: z.int(),
});
const alarmSchema = z.object({
	alarm_id: z.string(),
	state: z.string(),
	rule: z.string(),
	machine_id: z.string(),
	severity: z.string(),
	summary: z.string(),
});
const logSchema = z.object({
	device_id: z.string(),
	machine_id: z.string(),
	level: z.string(),
	event: z.string(),
	detail: z.string(),
});
const lineSchema = z.object({ id: z.int(), at_ms: z.int() });
const newestSchema = z.object({ id: z.int() });

/** The tables that are told of: each only grows, under ids that only rise. */
const sources: readonly Source[] = [
	{
		table: "sale_event",
		sql: `SELECT line.id, line.at_ms, event, sale_id, machine_id, currency, held_cents, captured_cents, cause
			FROM sale_event AS line JOIN sale ON sale.id = sale_id
			WHERE tenant_id = ?1 AND line.id > ?2 AND line.id <= ?3 ORDER BY line.id LIMIT ?4`,
		event(row) {
			const { event, ...sale } = saleSchema.parse(row);
			const type = announced[event];
			return (
				type && {
					type,
					data: {
						saleId: sale.sale_id,
						machineId: sale.machine_id,
						currency: sale.currency,
						heldCents: sale.held_cents,
						capturedCents: sale.captured_cents,
						cause: sale.cause,
					},
				}
			);
		},
	},
	{
		table: "device_status_change",
		sql: `SELECT line.id, line.at_ms, device_id, machine_id, line.status
			FROM device_status_change AS line JOIN device ON device.id = device_id
			WHERE line.tenant_id = ?1 AND line.id > ?2 AND line.id <= ?3 ORDER BY line.id LIMIT ?4`,
		event(row) {
			const { device_id, machine_id, status } = deviceSchema.parse(row);
			return { type: `device.${status}`, data: { deviceId: device_id, machineId: machine_id } };
		},
	},
	{
		table: "stock_event",
		sql: `SELECT * FROM stock_event AS line
			WHERE tenant_id = ?1 AND line.id > ?2 AND line.id <= ?3 ORDER BY line.id LIMIT ?4`,
		event(row) {
			const { product_id, machine_id, kind, quantity, low_at } = stockSchema.parse(row);
			return {
				type: `stock.${kind}`,
				data: { productId: product_id, machineId: machine_id, quantity, lowAt: low_at },
			};
		},
	},
	{
		table: "alarm_event",
		sql: `SELECT line.id, line.at_ms, alarm_id, line.state, rule, machine_id, severity, summary
			FROM alarm_event AS line JOIN alarm ON alarm.id = alarm_id
			WHERE line.tenant_id = ?1 AND line.id > ?2 AND line.id <= ?3 ORDER BY line.id LIMIT ?4`,
		event(row) {
			const { alarm_id, state, rule, machine_id, severity, summary } = alarmSchema.parse(row);
			return {
				type: `alarm.${state === "open" ? "opened" : state}`,
				data: { alarmId: alarm_id, rule, machineId: machine_id === "" ? null : machine_id, severity, summary },
			};
		},
	},
	{
		table: "device_log",
		sql: `SELECT line.id, line.at_ms, device_id, machine_id, level, line.event, detail
			FROM device_log AS line JOIN device ON device.id = device_id
			WHERE line.tenant_id = ?1 AND line.id > ?2 AND line.id <= ?3 AND level IN ('warn', 'error')
			ORDER BY line.id LIMIT ?4`,
		event(row) {
			const { device_id, machine_id, level, event, detail } = logSchema.parse(row);
			return { type: `log.${level}`, data: { deviceId: device_id, machineId: machine_id, event, detail } };
		},
	},
];

const mostAtOnce = 100;
/** Whoever is further behind, counted over all tenants, begins anew. */
const furthestBehind = 10_000;

/** What one read of the feed gives. */
export interface FeedPart {
	readonly events: readonly LiveEvent[];
	/** Where the reader stands afterwards. */
	readonly position: Position;
	/** The reader was too far behind, and some events are left out. */
	readonly isTorn: boolean;
	/** There may be more right now. */
	readonly hasMore: boolean;
}

/** Reads what happened in a tenant from the tables that already tell of it, so that any instance can tell it. */
export class EventFeed {
	readonly #database: Pick<Database, "read">;

	constructor(options: { database: Pick<Database, "read"> }) {
		this.#database = options.database;
	}

	/** Where somebody stands who has seen all that happened up to now. */
	newest(): Promise<Position> {
		return Promise.all(
			sources.map(async ({ table }) => {
				const [row] = await this.#database.read(`SELECT COALESCE(MAX(id), 0) AS id FROM ${table}`);
				return newestSchema.parse(row).id;
			}),
		);
	}

	/** What happened in the tenant after a position: source by source, each in its order. */
	async after(tenantId: string, position: Position): Promise<FeedPart> {
		const newest = await this.newest();
		const reached = [...position];
		const events: LiveEvent[] = [];
		let isTorn = false;
		let hasMore = false;
		for (const [index, source] of sources.entries()) {
			const last = newest[index] ?? 0;
			const wanted = position[index] ?? 0;
			// A position beyond the last line is of another time: a backup was restored.
			if (wanted < last - furthestBehind || wanted > last) isTorn = true;
			const from = wanted > last ? last : Math.max(wanted, last - furthestBehind);
			const rows = from === last ? [] : await this.#database.read(source.sql, [tenantId, from, last, mostAtOnce]);
			for (const row of rows) {
				const { id, at_ms: atMs } = lineSchema.parse(row);
				reached[index] = id;
				const event = source.event(row);
				if (event) events.push({ ...event, atMs, position: [...reached] });
			}
			// The lines behind the last one that was read, if any, are other tenants'.
			if (rows.length === mostAtOnce) hasMore = true;
			else reached[index] = last;
		}
		return { events, position: reached, isTorn, hasMore };
	}
}

/** A position as `Last-Event-ID` carries it. */
export function positionText(position: Position): string {
	return position.join(".");
}

export const positionSchema = z
	.string()
	.regex(/^\d{1,15}(\.\d{1,15}){3,4}$/, "The id of an event that this stream told")
	.transform((text): Position => text.split(".").map(Number));
