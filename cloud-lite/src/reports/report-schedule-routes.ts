import { z } from "@hono/zod-openapi";
import { defineRoute } from "../http/define-route.ts";
import { emailAddressSchema } from "../http/email-address.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import { isTimeZone } from "./period.ts";
import type { ReportSchedule, ReportSchedules } from "./report-schedules.ts";
import { groupings } from "./sales-report.ts";
import { cadences } from "./schedule-time.ts";

const settingsSchema = z.object({
	every: z.enum(cadences).openapi({ description: "Weeks are sent on Mondays, months on their first day" }),
	by: z.enum(groupings).default("product"),
	hour: z.int().min(0).max(23).default(6),
	timeZone: z.string().max(64).default("UTC").refine(isTimeZone, "a time zone such as Europe/Madrid"),
	recipients: z.array(emailAddressSchema).min(1).max(20),
});
const scheduleSchema = settingsSchema
	.extend({ id: z.string(), timeZone: z.string(), nextAt: z.iso.datetime() })
	.openapi("ReportSchedule");
const idSchema = z.object({ id: z.string().max(64) });

/** `/api/v1/report-schedules`: reports by letter. */
export function reportScheduleRoutes(schedules: ReportSchedules) {
	const routes = createRoutes();
	const tag = "Reports";
	const manage = { permission: "reports:manage" } as const;
	const unknown = (id: string) => new Problem(404, "schedule_unknown", `There is no report schedule ${id}.`);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/report-schedules",
			summary: "Reports that are sent by letter",
			tag,
			access: { permission: "reports:read" },
			data: z.array(scheduleSchema),
		},
		async ({ actor }) => (await schedules.list(actor.tenantId)).map(view),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/report-schedules",
			summary: "Send a sales report every day, week or month",
			tag,
			access: manage,
			body: settingsSchema,
			status: 201,
			data: scheduleSchema,
		},
		async ({ actor, body }) => view(await schedules.add(actor.tenantId, body)),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/report-schedules/{id}/send",
			summary: "Send the last finished period now",
			tag,
			access: manage,
			params: idSchema,
			status: 202,
			data: z.object({ id: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			if (!(await schedules.send(actor.tenantId, id))) throw unknown(id);
			return { id };
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/report-schedules/{id}",
			summary: "Send it no more",
			tag,
			access: manage,
			params: idSchema,
			data: z.object({ id: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			if (!(await schedules.remove(actor.tenantId, id))) throw unknown(id);
			return { id };
		},
	);
	return routes;
}

function view(schedule: ReportSchedule): z.input<typeof scheduleSchema> {
	return { ...schedule, recipients: [...schedule.recipients], nextAt: new Date(schedule.nextAtMs).toISOString() };
}
