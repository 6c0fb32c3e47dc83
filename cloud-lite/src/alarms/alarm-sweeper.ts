import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { messageOf } from "../http/error-message.ts";
import type { Notice, Severity } from "../notify/notice.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { defaultTenantId } from "../tenants/tenant.ts";
import { type Alarm, alarmOf, noticeOf } from "./alarm.ts";
import type { AlarmNotices } from "./alarm-notices.ts";
import type { Finding, Watch } from "./finding.ts";
import { rules } from "./rule.ts";
import type { FiguresOf, RuleStore } from "./rule-store.ts";

const conditionSchema = z.object({
	tenant_id: z.string(),
	rule: z.string(),
	machine_id: z.string(),
	subject: z.string(),
	since_ms: z.int(),
});
const openedSchema = z.object({ at: z.int().nullable() });

/**
 * Compares at a steady pace what is with what should be: opens alarms, tells again of those that nobody takes on, and
 * resolves those whose cause is gone. Everything is computed from what the database says now, never from a chain of
 * events; so nothing is missed and nothing comes late. Several instances may do it at once: each change is guarded.
 */
export class AlarmSweeper extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #rules: RuleStore;
	readonly #notices: AlarmNotices;
	readonly #watches: readonly Watch[];
	readonly #lastResort: (notice: Notice) => Promise<void>;
	readonly #everyMs: number;
	readonly #log: Log;
	/** As they were when the database last answered. */
	#failureFigures = rules.database_failure.usual;
	#failedSweeps = 0;
	#failingSinceMs = 0;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			rules: RuleStore;
			notices: AlarmNotices;
			watches: readonly Watch[];
			/** Tells the operator of what no database is there to remember. */
			lastResort: (notice: Notice) => Promise<void>;
			everyMs: number;
			log: Log;
		},
	) {
		super({
			...options,
			work: async () => {
				await this.#guardedSweep();
				return this.#clock.now() + this.#everyMs;
			},
		});
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#rules = options.rules;
		this.#notices = options.notices;
		this.#watches = options.watches;
		this.#lastResort = options.lastResort;
		this.#everyMs = options.everyMs;
		this.#log = options.log;
	}

	/** A sweep that cannot read or write is itself a cause for an alarm, which no table can keep. */
	async #guardedSweep(): Promise<void> {
		const nowMs = this.#clock.now();
		const { enabled, threshold, severity } = this.#failureFigures;
		try {
			await this.#sweep(nowMs);
		} catch (error) {
			this.#log({ level: "error", room: "cloud", event: "alarms.sweep_failed", message: messageOf(error) });
			if (await this.#databaseAnswers()) return;
			this.#failedSweeps += 1;
			if (this.#failedSweeps === 1) this.#failingSinceMs = nowMs;
			if (!enabled || this.#failedSweeps !== threshold) return;
			await this.#lastResort(this.#databaseNotice("trigger", severity, nowMs));
			return;
		}
		const wasToldOf = enabled && threshold > 0 && this.#failedSweeps >= threshold;
		this.#failedSweeps = 0;
		if (wasToldOf) await this.#lastResort(this.#databaseNotice("resolve", severity, nowMs));
	}

	/** Whether reading and writing work, whatever else has failed. */
	async #databaseAnswers(): Promise<boolean> {
		try {
			await this.#database.write([{ sql: "UPDATE announced SET position = position" }]);
			await this.#database.read("SELECT position FROM announced");
			return true;
		} catch (error) {
			this.#log({ level: "error", room: "cloud", event: "database.failed", message: messageOf(error) });
			return false;
		}
	}

	#databaseNotice(action: Notice["action"], severity: Severity, nowMs: number): Notice {
		const minutes = Math.ceil((nowMs - this.#failingSinceMs) / 60_000);
		return {
			action,
			alarmId: `database_failure-${this.#failingSinceMs}`,
			severity,
			summary:
				action === "trigger" ? "The database does not answer" : `The database answers again after ${minutes} minutes`,
			source: "VisionVend cloud",
			rule: "database_failure",
			atMs: nowMs,
			details: { Since: new Date(this.#failingSinceMs).toISOString() },
		};
	}

	async #sweep(nowMs: number): Promise<void> {
		const figuresOf = await this.#rules.figures();
		this.#failureFigures = figuresOf(defaultTenantId, "database_failure", "");
		const live = new Map(
			(await this.#database.read("SELECT * FROM alarm WHERE state <> 'resolved' ORDER BY opened_at_ms, id"))
				.map(alarmOf)
				.map((alarm) => [keyOf(alarm), alarm]),
		);
		const findings = new Map<string, Finding>();
		for (const watch of this.#watches) {
			for (const finding of await watch(figuresOf, nowMs)) {
				if (figuresOf(finding.tenantId, finding.rule, finding.machineId).enabled) findings.set(keyOf(finding), finding);
			}
		}
		const lasting = await this.#lastingLongEnough(findings, figuresOf, nowMs);
		for (const [key, finding] of findings) {
			const alarm = live.get(key);
			if (alarm) await this.#repeat(alarm, finding, figuresOf, nowMs);
			else if (lasting(key)) await this.#open(finding, figuresOf, nowMs);
		}
		for (const [key, alarm] of live) {
			const isOff = !figuresOf(alarm.tenantId, alarm.rule, alarm.machineId).enabled;
			if (!findings.has(key) && (isOff || alarm.rule !== "door_forced")) {
				await this.#notices.resolve(alarm, { by: "", note: "" });
			}
		}
		this.#notices.leave();
	}

	/** Remembers since when causes last, forgets those that are gone, and answers which have lasted long enough. */
	async #lastingLongEnough(
		findings: ReadonlyMap<string, Finding>,
		figuresOf: FiguresOf,
		nowMs: number,
	): Promise<(key: string) => boolean> {
		const known = new Map(
			(await this.#database.read("SELECT * FROM alarm_condition"))
				.map((row) => conditionSchema.parse(row))
				.map((row) => [
					keyOf({ tenantId: row.tenant_id, rule: row.rule, machineId: row.machine_id, subject: row.subject }),
					row,
				]),
		);
		const statements: Statement[] = [];
		const young = new Set<string>();
		for (const [key, { tenantId, rule, machineId, subject, lastingSinceMs }] of findings) {
			if (lastingSinceMs === undefined) continue;
			const sinceMs = known.get(key)?.since_ms ?? lastingSinceMs;
			if (nowMs - sinceMs < figuresOf(tenantId, rule, machineId).withinMs) young.add(key);
			if (known.has(key)) continue;
			statements.push({
				sql: `INSERT INTO alarm_condition (tenant_id, rule, machine_id, subject, since_ms) VALUES (?, ?, ?, ?, ?)
					ON CONFLICT DO NOTHING`,
				args: [tenantId, rule, machineId, subject, sinceMs],
			});
		}
		for (const [key, row] of known) {
			if (findings.has(key)) continue;
			statements.push({
				sql: "DELETE FROM alarm_condition WHERE tenant_id = ? AND rule = ? AND machine_id = ? AND subject = ?",
				args: [row.tenant_id, row.rule, row.machine_id, row.subject],
			});
		}
		if (statements.length > 0) await this.#database.write(statements);
		return (key) => !young.has(key);
	}

	async #open(finding: Finding, figuresOf: FiguresOf, nowMs: number): Promise<void> {
		const { tenantId, rule, machineId, subject, happenedAtMs } = finding;
		if (happenedAtMs !== undefined && (await this.#wasAlarmedSince(finding, happenedAtMs))) return;
		const { severity } = figuresOf(tenantId, rule, machineId);
		const alarm = { ...finding, id: randomId(this.#random), severity };
		try {
			await this.#database.write([
				{
					sql: `INSERT INTO alarm (id, tenant_id, rule, machine_id, subject, severity, state, summary, source, details,
							opened_at_ms, noticed_at_ms)
						VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?8, ?9, ?10, ?10)`,
					args: [
						alarm.id,
						tenantId,
						rule,
						machineId,
						subject,
						severity,
						finding.summary,
						finding.source,
						JSON.stringify(finding.details),
						nowMs,
					],
				},
				...(await this.#notices.statements(tenantId, noticeOf(alarm, "trigger", nowMs), 1)),
			]);
		} catch (error) {
			// Another instance has opened it.
			if (!(error instanceof UniqueViolation)) throw error;
			return;
		}
		const { summary } = finding;
		this.#log({
			level: "warn",
			room: "cloud",
			event: "alarm.opened",
			alarmId: alarm.id,
			tenantId,
			rule,
			machineId,
			summary,
		});
	}

	/** Whether what happened then has had its alarm. */
	async #wasAlarmedSince({ tenantId, rule, machineId, subject }: Finding, atMs: number): Promise<boolean> {
		const [row] = await this.#database.read(
			"SELECT MAX(opened_at_ms) AS at FROM alarm WHERE tenant_id = ? AND rule = ? AND machine_id = ? AND subject = ?",
			[tenantId, rule, machineId, subject],
		);
		const { at } = openedSchema.parse(row);
		return at !== null && at >= atMs;
	}

	async #repeat(alarm: Alarm, finding: Finding, figuresOf: FiguresOf, nowMs: number): Promise<void> {
		const { repeatMs } = figuresOf(alarm.tenantId, alarm.rule, alarm.machineId);
		if (alarm.state !== "open" || repeatMs === 0 || nowMs - alarm.noticedAtMs < repeatMs) return;
		const told = { ...alarm, summary: finding.summary, details: finding.details };
		const statements = await this.#notices.statements(
			alarm.tenantId,
			noticeOf(told, "trigger", nowMs),
			alarm.notices + 1,
		);
		try {
			await this.#database.write([
				{
					sql: `UPDATE alarm SET notices = notices + 1, noticed_at_ms = ?, summary = ?, details = ?
						WHERE id = ? AND state = 'open' AND notices = ?`,
					args: [nowMs, finding.summary, JSON.stringify(finding.details), alarm.id, alarm.notices],
				},
				mustHaveChanged(`alarm ${alarm.id} is open and told ${alarm.notices} times`),
				...statements,
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
		}
	}
}

function keyOf(of: {
	readonly tenantId: string;
	readonly rule: string;
	readonly machineId: string;
	readonly subject: string;
}): string {
	return JSON.stringify([of.tenantId, of.rule, of.machineId, of.subject]);
}
