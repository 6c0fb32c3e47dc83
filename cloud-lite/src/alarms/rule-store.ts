import { z } from "zod";
import type { Database } from "../db/database.ts";
import { severitySchema } from "../notify/notice.ts";
import { type Figures, type RuleName, ruleNameSchema, ruleNames, rules } from "./rule.ts";

/** A rule as a tenant has it: for all machines (`machineId` null) or for one. */
export interface TenantRule extends Figures {
	readonly rule: RuleName;
	readonly machineId: string | null;
	/** Whether the tenant has said something else than the defaults. */
	readonly changed: boolean;
}

const rowSchema = z.object({
	tenant_id: z.string(),
	rule: ruleNameSchema,
	machine_id: z.string(),
	enabled: z.int(),
	threshold: z.int(),
	within_ms: z.int(),
	severity: severitySchema,
	repeat_ms: z.int(),
});

/** Answers the figures that count: those of the machine, of the tenant, or the defaults. */
export type FiguresOf = (tenantId: string, rule: RuleName, machineId: string) => Figures;

/** What tenants want their rules to be. */
export class RuleStore {
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
	}

	/** All rules of a tenant, and those of single machines after them. */
	async list(tenantId: string): Promise<TenantRule[]> {
		const rows = (
			await this.#database.read("SELECT * FROM alert_rule WHERE tenant_id = ? ORDER BY rule, machine_id", [tenantId])
		).map((row) => rowSchema.parse(row));
		const changed = rows.map((row) => ({
			rule: row.rule,
			machineId: row.machine_id === "" ? null : row.machine_id,
			changed: true,
			...figuresOf(row),
		}));
		const usual = ruleNames.map((rule) => ({ rule, machineId: null, changed: false, ...rules[rule].usual }));
		return [
			...usual.map((each) => changed.find((other) => other.machineId === null && other.rule === each.rule) ?? each),
			...changed.filter(({ machineId }) => machineId !== null),
		];
	}

	async put(tenantId: string, rule: RuleName, machineId: string | null, figures: Figures): Promise<void> {
		await this.#database.write([
			{
				sql: `INSERT INTO alert_rule
						(tenant_id, rule, machine_id, enabled, threshold, within_ms, severity, repeat_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)
					ON CONFLICT (tenant_id, rule, machine_id) DO UPDATE SET enabled = excluded.enabled,
						threshold = excluded.threshold, within_ms = excluded.within_ms, severity = excluded.severity,
						repeat_ms = excluded.repeat_ms`,
				args: [
					tenantId,
					rule,
					machineId ?? "",
					figures.enabled ? 1 : 0,
					figures.threshold,
					figures.withinMs,
					figures.severity,
					figures.repeatMs,
				],
			},
		]);
	}

	/** Back to the tenant's figures, or to the defaults. */
	async remove(tenantId: string, rule: RuleName, machineId: string | null): Promise<void> {
		await this.#database.write([
			{
				sql: "DELETE FROM alert_rule WHERE tenant_id = ? AND rule = ? AND machine_id = ?",
				args: [tenantId, rule, machineId ?? ""],
			},
		]);
	}

	/** The figures of all tenants, as they are now. */
	async figures(): Promise<FiguresOf> {
		const rows = (await this.#database.read("SELECT * FROM alert_rule")).map((row) => rowSchema.parse(row));
		const said = new Map(rows.map((row) => [keyOf(row.tenant_id, row.rule, row.machine_id), figuresOf(row)]));
		return (tenantId, rule, machineId) =>
			said.get(keyOf(tenantId, rule, machineId)) ?? said.get(keyOf(tenantId, rule, "")) ?? rules[rule].usual;
	}
}

function figuresOf({ enabled, threshold, within_ms, severity, repeat_ms }: z.infer<typeof rowSchema>): Figures {
	return { enabled: enabled === 1, threshold, withinMs: within_ms, severity, repeatMs: repeat_ms };
}

function keyOf(tenantId: string, rule: RuleName, machineId: string): string {
	return JSON.stringify([tenantId, rule, machineId]);
}
