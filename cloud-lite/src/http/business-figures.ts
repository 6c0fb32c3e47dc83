import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import type { Database } from "../db/database.ts";

const dayMs = 86_400_000;

/** What the metrics say about machines and sales, of all tenants together. */
export interface BusinessFigures {
	readonly devices: readonly { readonly status: string; readonly count: number }[];
	/** Alarms that are not resolved. */
	readonly alarms: readonly { readonly rule: string; readonly severity: string; readonly count: number }[];
	readonly pendingCommands: number;
	readonly ordersLastDay: number;
	readonly revenueLastDay: readonly { readonly currency: string; readonly cents: number }[];
	readonly stockUnits: number;
	/** What the controller of each machine said last; none that never said anything. */
	readonly machines: readonly MachineFigures[];
}

/** `null`: the machine does not measure it. */
export type MachineFigures = z.infer<typeof machineSchema>;

const deviceSchema = z.object({ status: z.string(), count: z.int() });
const alarmSchema = z.object({ rule: z.string(), severity: z.string(), count: z.int() });
const salesSchema = z.object({ currency: z.string(), cents: z.int(), count: z.int() });
const countSchema = z.object({ count: z.int() });
const machineSchema = z.object({
	id: z.string(),
	lastSeenAtMs: z.int(),
	uptimeMs: z.int().nullable(),
	temperatureCentidegrees: z.int().nullable(),
	supplyMillivolts: z.int().nullable(),
	signalDbm: z.int().nullable(),
	memoryFreeBytes: z.int().nullable(),
});

export async function readBusinessFigures(database: Pick<Database, "read">, clock: Clock): Promise<BusinessFigures> {
	const devices = await database.read("SELECT status, COUNT(*) AS count FROM device GROUP BY status");
	const alarms = await database.read(
		"SELECT rule, severity, COUNT(*) AS count FROM alarm WHERE state <> 'resolved' GROUP BY rule, severity",
	);
	const [commands] = await database.read(
		"SELECT COUNT(*) AS count FROM remote_command WHERE state NOT IN ('done', 'failed', 'expired')",
	);
	const [stock] = await database.read("SELECT COALESCE(SUM(quantity), 0) AS count FROM stock");
	const sales = (
		await database.read(
			`SELECT currency, COUNT(*) AS count, SUM(captured_cents - refunded_cents) AS cents FROM sale
				WHERE state = 'captured' AND requested_at_ms > ? GROUP BY currency`,
			[clock.now() - dayMs],
		)
	).map((row) => salesSchema.parse(row));
	const machines = await database.read(
		`SELECT id, last_seen_at_ms AS lastSeenAtMs, health->>'uptimeMs' AS uptimeMs,
				health->>'temperatureCentidegrees' AS temperatureCentidegrees, health->>'supplyMillivolts' AS supplyMillivolts,
				health->>'signalDbm' AS signalDbm, health->>'memoryFreeBytes' AS memoryFreeBytes
			FROM machine WHERE health IS NOT NULL AND last_seen_at_ms IS NOT NULL AND decommissioned_at_ms IS NULL`,
	);
	return {
		devices: devices.map((row) => deviceSchema.parse(row)),
		alarms: alarms.map((row) => alarmSchema.parse(row)),
		pendingCommands: countSchema.parse(commands).count,
		ordersLastDay: sales.reduce((sum, { count }) => sum + count, 0),
		revenueLastDay: sales.map(({ currency, cents }) => ({ currency, cents })),
		stockUnits: countSchema.parse(stock).count,
		machines: machines.map((row) => machineSchema.parse(row)),
	};
}
