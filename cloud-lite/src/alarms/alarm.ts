import { z } from "zod";
import { type Notice, severitySchema } from "../notify/notice.ts";
import { ruleNameSchema } from "./rule.ts";

export const alarmStates = ["open", "acknowledged", "resolved"] as const;

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	rule: ruleNameSchema,
	machine_id: z.string(),
	subject: z.string(),
	severity: severitySchema,
	state: z.enum(alarmStates),
	summary: z.string(),
	source: z.string(),
	details: z.string(),
	opened_at_ms: z.int(),
	acknowledged_at_ms: z.int().nullable(),
	acknowledged_by: z.string().nullable(),
	resolved_at_ms: z.int().nullable(),
	resolved_by: z.string().nullable(),
	note: z.string(),
	notices: z.int(),
	noticed_at_ms: z.int(),
	version: z.int(),
});
const detailsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

/** A row of table `alarm`. */
export function alarmOf(row: unknown) {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		tenantId: columns.tenant_id,
		rule: columns.rule,
		machineId: columns.machine_id,
		subject: columns.subject,
		severity: columns.severity,
		state: columns.state,
		summary: columns.summary,
		source: columns.source,
		details: detailsSchema.parse(JSON.parse(columns.details)),
		openedAtMs: columns.opened_at_ms,
		acknowledgedAtMs: columns.acknowledged_at_ms,
		acknowledgedBy: columns.acknowledged_by,
		resolvedAtMs: columns.resolved_at_ms,
		/** `""`: the cause went away by itself. */
		resolvedBy: columns.resolved_by,
		note: columns.note,
		/** How often people were told. */
		notices: columns.notices,
		noticedAtMs: columns.noticed_at_ms,
		version: columns.version,
	};
}

/** Something that people should look at, from its opening to its end. */
export type Alarm = ReturnType<typeof alarmOf>;

/** What people are told of it. */
export function noticeOf(
	alarm: Pick<Alarm, "id" | "severity" | "summary" | "source" | "rule" | "details">,
	action: Notice["action"],
	atMs: number,
): Notice {
	const { id, severity, summary, source, rule, details } = alarm;
	return { action, alarmId: id, severity, summary, source, rule, atMs, details };
}
