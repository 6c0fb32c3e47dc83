import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Database } from "../db/database.ts";
import { defineRawRoute, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import type { MachineAudits } from "./machine-audit.ts";
import { periodOf, periodQuerySchema } from "./period.ts";
import { linesCsv, reportCsv } from "./sales-csv.ts";
import { groupings, salesReport, soldLines } from "./sales-report.ts";

const rowSchema = z
	.object({
		key: z.string().openapi({ description: "The day, the machine's id or the product's SKU" }),
		name: z.string(),
		currency: z.string(),
		sales: z.int(),
		units: z.int(),
		revenueCents: z.int(),
	})
	.openapi("SalesReportRow");
const machineParams = z.object({ id: z.string().max(64) });

/** `/api/v1/reports`, `/api/v1/exports` and the audit data of machines. */
export function reportRoutes({ database, clock, audits }: { database: Database; clock: Clock; audits: MachineAudits }) {
	const routes = createRoutes();
	const tag = "Reports";

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/reports/sales",
			summary: "Paid sales by day, machine or product",
			tag,
			access: { permission: "reports:read" },
			query: periodQuerySchema.extend({ by: z.enum(groupings).default("day") }),
			data: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), by: z.enum(groupings), rows: z.array(rowSchema) }),
		},
		async ({ actor, query }) => {
			const period = periodOf(query, clock.now());
			const rows = await salesReport(database, actor.tenantId, period, query.by);
			const { fromMs, toMs } = period;
			return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), by: query.by, rows };
		},
	);

	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/exports/sales",
			summary: "Paid sales as CSV: every line, or a report",
			description: "Cells that a spreadsheet would take for a formula begin with an apostrophe.",
			tag,
			access: { permission: "reports:read" },
			query: periodQuerySchema.extend({ by: z.enum(["line", ...groupings]).default("line") }),
			produces: ["text/csv"],
		},
		async ({ actor, query, context }) => {
			const period = periodOf(query, clock.now());
			const { by } = query;
			const text =
				by === "line"
					? linesCsv(await soldLines(database, actor.tenantId, period))
					: reportCsv(await salesReport(database, actor.tenantId, period, by), by);
			return context.body(text, 200, {
				"content-type": "text/csv; charset=utf-8; header=present",
				"content-disposition": `attachment; filename="sales-by-${by}.csv"`,
			});
		},
	);

	for (const [method, summary, description] of [
		["get", "Audit data of a machine in EVA-DTS form", "Looks only: the counters since the last reading go on."],
		["post", "Read a machine's audit data", "The counters since the last reading begin anew."],
	] as const) {
		defineRawRoute(
			routes,
			{
				method,
				path: "/api/v1/machines/{id}/eva-dts",
				summary,
				description,
				tag,
				access: { permission: method === "get" ? "reports:read" : "reports:write" },
				params: machineParams,
				produces: ["text/plain"],
				problems: method === "get" ? [422] : [409, 422],
			},
			async ({ actor, params: { id }, context }) => {
				const nowMs = clock.now();
				const text = await (method === "get"
					? audits.look(actor.tenantId, id, nowMs)
					: audits.read(actor.tenantId, id, nowMs));
				return context.body(text, 200, {
					"content-type": "text/plain; charset=us-ascii",
					"content-disposition": `attachment; filename="${encodeURIComponent(id)}.eva"`,
				});
			},
		);
	}
	return routes;
}
