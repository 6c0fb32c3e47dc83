import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { severitySchema } from "../notify/notice.ts";
import { type Alarm, alarmOf, alarmStates } from "./alarm.ts";
import type { AlarmNotices, Hand } from "./alarm-notices.ts";
import { figuresSchema, ruleNameSchema, rules } from "./rule.ts";
import type { RuleStore } from "./rule-store.ts";

const isoDate = z.iso.datetime();
const alarmSchema = z
	.object({
		id: z.string(),
		rule: ruleNameSchema,
		machineId: z.string().nullable().openapi({ description: "null: the service itself" }),
		subject: z.string().openapi({ description: "What of the machine: a bin, a product; empty: the machine" }),
		severity: severitySchema,
		state: z.enum(alarmStates),
		summary: z.string(),
		source: z.string(),
		details: z.record(z.string(), z.union([z.string(), z.number()])),
		openedAt: isoDate,
		acknowledgedAt: isoDate.nullable(),
		acknowledgedBy: z.string().nullable(),
		resolvedAt: isoDate.nullable(),
		resolvedBy: z
			.string()
			.nullable()
			.openapi({ description: "null while open, or when the cause went away by itself" }),
		note: z.string(),
		notices: z.int().openapi({ description: "How often people were told" }),
		version: z.int(),
	})
	.openapi("Alarm");

const ruleSchema = figuresSchema
	.extend({
		rule: ruleNameSchema,
		says: z.string(),
		machineId: z.string().nullable().openapi({ description: "null: all machines of the tenant" }),
		changed: z.boolean().openapi({ description: "Whether it differs from the defaults" }),
	})
	.openapi("AlertRule");

const noteSchema = z.object({ note: z.string().max(1_000).default("") }).prefault({});
const idSchema = z.object({ id: z.string().max(64) });

/** `/api/v1/alarms` and `/api/v1/alert-rules`. */
export function alarmRoutes(options: { database: Database; rules: RuleStore; notices: AlarmNotices }) {
	const { database, rules: store, notices } = options;
	const routes = createRoutes();

	async function find(tenantId: string, id: string): Promise<Alarm> {
		const [row] = await database.read("SELECT * FROM alarm WHERE tenant_id = ? AND id = ?", [tenantId, id]);
		if (!row) throw new Problem(404, "alarm_unknown", `There is no alarm ${id}.`);
		return alarmOf(row);
	}

	async function requireMachine(tenantId: string, machineId: string | null): Promise<void> {
		if (machineId === null) return;
		const [row] = await database.read("SELECT id FROM machine WHERE tenant_id = ? AND id = ?", [tenantId, machineId]);
		if (!row) throw new Problem(404, "machine_unknown", `There is no machine ${machineId}.`);
	}

	defineList(
		routes,
		{
			path: "/api/v1/alarms",
			summary: "Alarms, newest first",
			tag: "Alarms",
			access: { permission: "alarms:read" },
			query: listQuerySchema.extend({
				state: z.enum(alarmStates).optional(),
				rule: ruleNameSchema.optional(),
				severity: severitySchema.optional(),
				machine_id: z.string().max(64).optional(),
			}),
			item: alarmSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT * FROM alarm WHERE tenant_id = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR rule = ?3)
						AND (?4 IS NULL OR severity = ?4) AND (?5 IS NULL OR machine_id = ?5)`,
					args: [
						actor.tenantId,
						query.state ?? null,
						query.rule ?? null,
						query.severity ?? null,
						query.machine_id ?? null,
					],
					key: ["opened_at_ms", "id"],
				},
				query,
				(row) => view(alarmOf(row)),
			),
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/alarms/{id}",
			summary: "One alarm",
			tag: "Alarms",
			access: { permission: "alarms:read" },
			params: idSchema,
			data: alarmSchema,
		},
		async ({ actor, params: { id } }) => view(await find(actor.tenantId, id)),
	);

	for (const [verb, summary, description] of [
		["acknowledge", "Take an alarm on", "People are not told of it again."],
		[
			"resolve",
			"End an alarm",
			"While its cause is there a new one is opened at the next check; a forced door is the exception.",
		],
	] as const) {
		defineRoute(
			routes,
			{
				method: "post",
				path: `/api/v1/alarms/{id}/${verb}`,
				summary,
				description,
				tag: "Alarms",
				access: { permission: "alarms:write" },
				params: idSchema,
				body: noteSchema,
				data: alarmSchema,
				problems: [409],
			},
			async ({ actor, params: { id }, body }) => {
				const alarm = await find(actor.tenantId, id);
				const hand: Hand = { by: `${actor.kind}:${actor.id}`, note: body.note };
				if (!(await notices[verb](alarm, hand))) {
					throw new Problem(409, "alarm_state", `Alarm ${id} is ${alarm.state}; it cannot be changed by ${verb} now.`);
				}
				return view(await find(actor.tenantId, id));
			},
		);
	}

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/alert-rules",
			summary: "The rules that open alarms",
			description: "Those for all machines first, then those of single machines.",
			tag: "Alarms",
			access: { permission: "alert-rules:read" },
			data: z.array(ruleSchema),
		},
		async ({ actor }) => (await store.list(actor.tenantId)).map((rule) => ({ ...rule, says: rules[rule.rule].says })),
	);

	const ruleParams = z.object({ rule: ruleNameSchema });
	const machineQuery = z.object({ machine_id: z.string().max(64).optional() });

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/alert-rules/{rule}",
			summary: "Change a rule, for all machines or for one",
			tag: "Alarms",
			access: { permission: "alert-rules:manage" },
			params: ruleParams,
			query: machineQuery,
			body: figuresSchema,
			data: ruleSchema,
		},
		async ({ actor, params: { rule }, query, body }) => {
			const machineId = query.machine_id ?? null;
			await requireMachine(actor.tenantId, machineId);
			await store.put(actor.tenantId, rule, machineId, body);
			return { ...body, rule, machineId, changed: true, says: rules[rule].says };
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/alert-rules/{rule}",
			summary: "Back to the defaults, for all machines or for one",
			tag: "Alarms",
			access: { permission: "alert-rules:manage" },
			params: ruleParams,
			query: machineQuery,
			data: z.array(ruleSchema),
		},
		async ({ actor, params: { rule }, query }) => {
			const machineId = query.machine_id ?? null;
			await requireMachine(actor.tenantId, machineId);
			await store.remove(actor.tenantId, rule, machineId);
			return (await store.list(actor.tenantId)).map((each) => ({ ...each, says: rules[each.rule].says }));
		},
	);
	return routes;
}

function view(alarm: Alarm): z.input<typeof alarmSchema> {
	return {
		...alarm,
		machineId: alarm.machineId === "" ? null : alarm.machineId,
		openedAt: new Date(alarm.openedAtMs).toISOString(),
		acknowledgedAt: dateOf(alarm.acknowledgedAtMs),
		resolvedAt: dateOf(alarm.resolvedAtMs),
		resolvedBy: alarm.resolvedBy === "" ? null : alarm.resolvedBy,
	};
}

function dateOf(ms: number | null): string | null {
	return ms === null ? null : new Date(ms).toISOString();
}
