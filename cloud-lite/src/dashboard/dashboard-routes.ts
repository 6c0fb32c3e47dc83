import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Database } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import { dayOf, daysOf, type Period, periodOf, periodQuerySchema } from "../reports/period.ts";
import { type SalesRow, salesReport } from "../reports/sales-report.ts";
import { onlineWithinMs } from "./online-sampler.ts";

const mostInList = 5;

const moneySchema = z.object({ currency: z.string(), sales: z.int(), revenueCents: z.int() });
const rowSchema = moneySchema.extend({ key: z.string(), name: z.string(), units: z.int() });
const summarySchema = z
	.object({
		from: z.iso.datetime(),
		to: z.iso.datetime(),
		kpis: z.object({
			sales: z.int(),
			units: z.int(),
			revenue: z.array(
				moneySchema.extend({
					averageSaleCents: z.int(),
					changePercent: z
						.number()
						.nullable()
						.openapi({ description: "Against the period before of the same length; null when nothing was sold then" }),
				}),
			),
			machines: z.object({
				total: z.int(),
				online: z.int(),
				offline: z.int(),
				neverSeen: z.int(),
			}),
			onlineRate: z.number().nullable().openapi({ description: "0 to 1, over the period; null: nothing was counted" }),
			openAlarms: z.object({ critical: z.int(), warning: z.int(), info: z.int() }),
			salesInReview: z.int(),
			pendingCommands: z.int(),
			lowMaterials: z.int().openapi({ description: "Bins and products with an open low-stock alarm" }),
		}),
		trends: z.object({
			sales: z.array(moneySchema.extend({ day: z.iso.date(), units: z.int() })),
			onlineRate: z.array(z.object({ day: z.iso.date(), rate: z.number().nullable() })),
		}),
		topProducts: z.array(rowSchema),
		topMachines: z.array(rowSchema),
	})
	.openapi("DashboardSummary");

const countsSchema = z.object({ total: z.int(), online: z.int().nullable(), never: z.int().nullable() });
const severityCountSchema = z.object({ severity: z.enum(["critical", "warning", "info"]), count: z.int() });
const sampleSchema = z.object({ hour_ms: z.int(), online: z.int(), machines: z.int() });
const countSchema = z.object({ count: z.int() });

/** `/api/v1/dashboard/summary`: how the shop goes. */
export function dashboardRoutes({ database, clock }: { database: Database; clock: Clock }) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/dashboard/summary",
			summary: "Key figures, trends and what needs somebody",
			tag: "Dashboard",
			access: { permission: "dashboard:read" },
			query: periodQuerySchema.extend({
				merchant_id: z.string().max(64).optional().openapi({ description: "Your tenant; any other is unknown to you" }),
			}),
			data: summarySchema,
			problems: [404],
		},
		async ({ actor: { tenantId }, query }) => {
			if (query.merchant_id !== undefined && query.merchant_id !== tenantId) {
				throw new Problem(404, "tenant_unknown", `There is no merchant ${query.merchant_id}.`);
			}
			const nowMs = clock.now();
			const period = periodOf(query, nowMs);
			const { fromMs, toMs } = period;
			const before = { ...period, fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
			const [days, earlier, products, machines, online, kpis] = await Promise.all([
				salesReport(database, tenantId, period, "day"),
				salesReport(database, tenantId, before, "machine"),
				salesReport(database, tenantId, period, "product"),
				salesReport(database, tenantId, period, "machine"),
				onlineRates(database, tenantId, period),
				kpisNow(database, tenantId, nowMs),
			]);
			return {
				from: new Date(fromMs).toISOString(),
				to: new Date(toMs).toISOString(),
				kpis: {
					...kpis,
					sales: days.reduce((sum, { sales }) => sum + sales, 0),
					units: days.reduce((sum, { units }) => sum + units, 0),
					revenue: revenueOf(days, earlier),
					onlineRate: online.rate,
				},
				trends: { sales: everyDay(days, period), onlineRate: online.days },
				topProducts: products.slice(0, mostInList),
				topMachines: machines.slice(0, mostInList),
			};
		},
	);
	return routes;
}

function revenueOf(days: readonly SalesRow[], earlier: readonly SalesRow[]) {
	return [...totals(days)].map(([currency, { sales, revenueCents }]) => {
		const then = totals(earlier).get(currency)?.revenueCents ?? 0;
		const changePercent = then === 0 ? null : Math.round(((revenueCents - then) * 1_000) / then) / 10;
		return { currency, sales, revenueCents, averageSaleCents: Math.round(revenueCents / sales), changePercent };
	});
}

/** By currency. */
function totals(rows: readonly SalesRow[]): Map<string, { sales: number; revenueCents: number }> {
	const sums = new Map<string, { sales: number; revenueCents: number }>();
	for (const { currency, sales, revenueCents } of rows) {
		const sum = sums.get(currency) ?? { sales: 0, revenueCents: 0 };
		sums.set(currency, { sales: sum.sales + sales, revenueCents: sum.revenueCents + revenueCents });
	}
	return sums;
}

/** A chart needs the days without a sale, too. */
function everyDay(rows: readonly SalesRow[], period: Period) {
	const currencies = [...new Set(rows.map(({ currency }) => currency))].sort();
	return daysOf(period).flatMap((day) =>
		currencies.map((currency) => {
			const row = rows.find((other) => other.key === day && other.currency === currency);
			return { day, currency, sales: row?.sales ?? 0, units: row?.units ?? 0, revenueCents: row?.revenueCents ?? 0 };
		}),
	);
}

async function onlineRates(database: Pick<Database, "read">, tenantId: string, period: Period) {
	const rows = await database.read(
		"SELECT hour_ms, online, machines FROM online_sample WHERE tenant_id = ? AND hour_ms >= ? AND hour_ms < ?",
		[tenantId, period.fromMs, period.toMs],
	);
	const samples = rows.map((row) => sampleSchema.parse(row));
	const rateOf = (some: readonly z.infer<typeof sampleSchema>[]): number | null => {
		const machines = some.reduce((sum, sample) => sum + sample.machines, 0);
		const online = some.reduce((sum, sample) => sum + sample.online, 0);
		return machines === 0 ? null : Math.round((online * 10_000) / machines) / 10_000;
	};
	return {
		rate: rateOf(samples),
		days: daysOf(period).map((day) => ({
			day,
			rate: rateOf(samples.filter(({ hour_ms }) => dayOf(hour_ms, period.timeZone) === day)),
		})),
	};
}

async function kpisNow(database: Pick<Database, "read">, tenantId: string, nowMs: number) {
	const count = async (sql: string) => countSchema.parse((await database.read(sql, [tenantId]))[0]).count;
	const [row] = await database.read(
		`SELECT COUNT(*) AS total, SUM(last_seen_at_ms >= ?2) AS online, SUM(last_seen_at_ms IS NULL) AS never
			FROM machine WHERE tenant_id = ?1`,
		[tenantId, nowMs - onlineWithinMs],
	);
	const machines = countsSchema.parse(row);
	const online = machines.online ?? 0;
	const neverSeen = machines.never ?? 0;
	const alarms = (
		await database.read(
			"SELECT severity, COUNT(*) AS count FROM alarm WHERE tenant_id = ? AND state <> 'resolved' GROUP BY severity",
			[tenantId],
		)
	).map((each) => severityCountSchema.parse(each));
	const open = (severity: string) => alarms.find((each) => each.severity === severity)?.count ?? 0;
	return {
		machines: { total: machines.total, online, neverSeen, offline: machines.total - online - neverSeen },
		openAlarms: { critical: open("critical"), warning: open("warning"), info: open("info") },
		salesInReview: await count("SELECT COUNT(*) AS count FROM sale WHERE tenant_id = ? AND state = 'review'"),
		pendingCommands: await count(
			`SELECT COUNT(*) AS count FROM remote_command JOIN machine ON machine.id = machine_id
				WHERE tenant_id = ? AND state IN ('requested', 'sent', 'received', 'running')`,
		),
		lowMaterials: await count(
			"SELECT COUNT(*) AS count FROM alarm WHERE tenant_id = ? AND rule = 'low_stock' AND state <> 'resolved'",
		),
	};
}
