import { z } from "zod";
import type { Database, Row } from "../db/database.ts";
import { dayOf, type Period } from "./period.ts";

/** What a report has one row for. */
export const groupings = ["day", "machine", "product"] as const;
export type Grouping = (typeof groupings)[number];

/** What was sold, of one day, machine or product, in one currency. */
export interface SalesRow {
	/** The day, the machine's id or the product's SKU. */
	readonly key: string;
	readonly name: string;
	readonly currency: string;
	readonly sales: number;
	readonly units: number;
	/** What was taken less what was given back; by product, of which a refund says nothing: what the units cost. */
	readonly revenueCents: number;
}

/** One line of a sale. */
export interface SoldLine {
	readonly saleId: string;
	readonly soldAtMs: number;
	readonly machineId: string;
	readonly machine: string;
	readonly sku: string;
	readonly product: string;
	readonly quantity: number;
	readonly unitPriceCents: number;
	readonly currency: string;
}

// All time zones are whole quarters of an hour away from UTC.
const quarterMs = 900_000;

const groupSchema = z.object({
	key: z.string(),
	name: z.string(),
	currency: z.string(),
	sales: z.int(),
	units: z.int().nullable(),
	revenue: z.int(),
});
const quarterSchema = groupSchema.omit({ key: true, name: true }).extend({ quarter: z.int() });
const soldLineSchema = z.object({
	sale_id: z.string(),
	at: z.int(),
	machine_id: z.string(),
	machine: z.string(),
	sku: z.string(),
	name: z.string(),
	quantity: z.int(),
	unit_price_cents: z.int(),
	currency: z.string(),
});

/** What `soldLineOf` reads, of `sale`, `sale_line` and `machine` joined. */
export const soldLineColumns = `sale.id AS sale_id, requested_at_ms AS at, sale.machine_id, machine.name AS machine, sku,
	sale_line.name AS name, quantity, unit_price_cents, sale.currency`;

const units = "(SELECT SUM(quantity) FROM sale_line WHERE sale_line.sale_id = sale.id)";
const inPeriod = "sale.tenant_id = ?1 AND sale.state = 'captured' AND requested_at_ms >= ?2 AND requested_at_ms < ?3";

/** Paid sales that began in a period, grouped; by revenue, days in their order. */
export async function salesReport(
	database: Pick<Database, "read">,
	tenantId: string,
	period: Period,
	by: Grouping,
): Promise<SalesRow[]> {
	const args = [tenantId, period.fromMs, period.toMs];
	if (by === "day") return byDay(await database.read(byQuarter, args), period.timeZone);
	const rows = await database.read(by === "machine" ? byMachine : byProduct, args);
	return rows
		.map((row) => groupSchema.parse(row))
		.map(({ units, revenue, ...group }) => ({ ...group, units: units ?? 0, revenueCents: revenue }));
}

const byQuarter = `SELECT requested_at_ms / ${quarterMs} AS quarter, currency, COUNT(*) AS sales, SUM(${units}) AS units,
		SUM(captured_cents - refunded_cents) AS revenue
	FROM sale WHERE ${inPeriod} GROUP BY quarter, currency ORDER BY quarter, currency`;

const byMachine = `SELECT sale.machine_id AS key, machine.name AS name, sale.currency, COUNT(*) AS sales,
		SUM(${units}) AS units, SUM(captured_cents - refunded_cents) AS revenue
	FROM sale JOIN machine ON machine.id = sale.machine_id
	WHERE ${inPeriod} GROUP BY sale.machine_id, sale.currency ORDER BY revenue DESC, key, sale.currency`;

const byProduct = `SELECT sku AS key, MAX(sale_line.name) AS name, sale.currency, COUNT(DISTINCT sale.id) AS sales,
		SUM(quantity) AS units, SUM(quantity * unit_price_cents) AS revenue
	FROM sale JOIN sale_line ON sale_line.sale_id = sale.id
	WHERE ${inPeriod} GROUP BY sku, sale.currency ORDER BY revenue DESC, key, sale.currency`;

function byDay(rows: readonly unknown[], timeZone: string): SalesRow[] {
	const days = new Map<string, SalesRow>();
	for (const row of rows) {
		const { quarter, currency, sales, units, revenue } = quarterSchema.parse(row);
		const day = dayOf(quarter * quarterMs, timeZone);
		const key = `${day} ${currency}`;
		const before = days.get(key);
		days.set(key, {
			key: day,
			name: day,
			currency,
			sales: sales + (before?.sales ?? 0),
			units: (units ?? 0) + (before?.units ?? 0),
			revenueCents: revenue + (before?.revenueCents ?? 0),
		});
	}
	return [...days.values()];
}

/** Every line of the paid sales that began in a period, in their order. */
export async function soldLines(
	database: Pick<Database, "read">,
	tenantId: string,
	{ fromMs, toMs }: Period,
): Promise<SoldLine[]> {
	const rows = await database.read(
		`SELECT ${soldLineColumns}
			FROM sale JOIN sale_line ON sale_line.sale_id = sale.id JOIN machine ON machine.id = sale.machine_id
			WHERE ${inPeriod} ORDER BY requested_at_ms, sale.id, sku`,
		[tenantId, fromMs, toMs],
	);
	return rows.map(soldLineOf);
}

export function soldLineOf(row: Row): SoldLine {
	const { sale_id, at, machine_id, name, unit_price_cents, ...line } = soldLineSchema.parse(row);
	return {
		...line,
		saleId: sale_id,
		soldAtMs: at,
		machineId: machine_id,
		product: name,
		unitPriceCents: unit_price_cents,
	};
}
