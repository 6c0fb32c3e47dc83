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
}

const deviceSchema = z.object({ status: z.string(), count: z.int() });
const alarmSchema = z.object({ rule: z.string(), severity: z.string(), count: z.int() });
const salesSchema = z.object({ currency: z.string(), cents: z.int(), count: z.int() });
const countSchema = z.object({ count: z.int() });

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
	return {
		devices: devices.map((row) => deviceSchema.parse(row)),
		alarms: alarms.map((row) => alarmSchema.parse(row)),
		pendingCommands: countSchema.parse(commands).count,
		ordersLastDay: sales.reduce((sum, { count }) => sum + count, 0),
		revenueLastDay: sales.map(({ currency, cents }) => ({ currency, cents })),
		stockUnits: countSchema.parse(stock).count,
	};
}
