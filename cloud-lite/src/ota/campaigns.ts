import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { messageOf } from "../http/error-message.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { PlanogramService } from "../inventory/planogram-service.ts";
import { machineConfigSchema } from "../machines/machine-config.ts";
import type { MachineService } from "../machines/machine-service.ts";
import { hasPi } from "../machines/planogram-sender.ts";
import type { RemoteCommands } from "../machines/remote-commands.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import type { Artifact, ArtifactStore } from "./artifact-store.ts";
import { assignRings, type CampaignPlan, campaignPlanSchema, decideStep, type Target } from "./campaign-plan.ts";

const stateSchema = z.enum(["waiting", "running", "stopped", "done"]);
const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	state: stateSchema,
	plan: z.string(),
	ring: z.int(),
	ring_opened_at_ms: z.int().nullable(),
	ring_ended_at_ms: z.int().nullable(),
	reason: z.string(),
	created_by: z.string(),
	approved_by: z.string().nullable(),
	version: z.int(),
	created_at_ms: z.int(),
	check_at_ms: z.int().nullable(),
});
type Row = z.infer<typeof rowSchema>;
const partSchema = z.object({
	state: z.enum(["offered", "done", "failed"]),
	command: z.string().nullable().default(null),
	/** Of the planogram that the Pi shall know. */
	version: z.int().optional(),
	reason: z.string(),
});
const partsSchema = z.record(z.string(), partSchema);
type Parts = z.infer<typeof partsSchema>;
const partNames = ["controller", "pi", "model", "config", "planogram"] as const;
type PartName = (typeof partNames)[number];
const targetRowSchema = z.object({
	machine_id: z.string(),
	ring: z.int(),
	state: z.enum(["waiting", "offered", "done", "failed"]),
	parts: z.string(),
	offered_at_ms: z.int().nullable(),
	reason: z.string(),
});

export interface Campaign {
	readonly id: string;
	readonly name: string;
	readonly state: z.infer<typeof stateSchema>;
	readonly plan: CampaignPlan;
	/** Counts from 1. */
	readonly ring: number;
	readonly reason: string;
	readonly createdBy: string;
	readonly approvedBy: string | null;
	readonly createdAtMs: number;
	readonly counts: {
		readonly waiting: number;
		readonly offered: number;
		readonly done: number;
		readonly failed: number;
	};
	readonly version: number;
}

export interface CampaignTarget {
	readonly machineId: string;
	readonly ring: number;
	readonly state: z.infer<typeof targetRowSchema>["state"];
	readonly reason: string;
}

/** Something that a device of a machine shall fetch and install. */
export interface Desired {
	readonly campaignId: string;
	readonly part: "pi" | "model";
	readonly artifact: Artifact;
}

/** Brings updates to many machines, a few first, and stops when they do not do well. */
export class Campaigns extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #artifacts: ArtifactStore;
	readonly #commands: RemoteCommands;
	readonly #machines: MachineService;
	readonly #planograms: PlanogramService;
	readonly #log: Log;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			artifacts: ArtifactStore;
			commands: RemoteCommands;
			machines: MachineService;
			planograms: PlanogramService;
			log: Log;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#artifacts = options.artifacts;
		this.#commands = options.commands;
		this.#machines = options.machines;
		this.#planograms = options.planograms;
		this.#log = options.log;
	}

	/** A campaign that waits for somebody else to approve it. @throws Problem 404, 422 when an artifact is not there or not of its kind */
	async create(tenantId: string, name: string, plan: CampaignPlan, createdBy: string): Promise<Campaign> {
		for (const kind of ["controller", "pi", "model"] as const) {
			const artifactId = plan.parts[kind];
			if (artifactId === undefined) continue;
			const artifact = await this.#artifacts.find(tenantId, artifactId);
			if (artifact.kind !== kind || !artifact.complete) {
				throw new Problem(422, "artifact_unfit", `Artifact ${artifactId} is no complete ${kind} artifact.`);
			}
		}
		const id = randomId(this.#random);
		await this.#database.write([
			{
				sql: `INSERT INTO ota_campaign (id, tenant_id, name, state, plan, created_by, created_at_ms)
					VALUES (?, ?, ?, 'waiting', ?, ?, ?)`,
				args: [id, tenantId, name, JSON.stringify(plan), createdBy, this.#clock.now()],
			},
		]);
		return this.find(tenantId, id);
	}

	/** @throws Problem 403 when who made it wants to approve it, 409 when it does not wait */
	async approve(tenantId: string, id: string, approvedBy: string): Promise<Campaign> {
		const row = await this.#row(tenantId, id);
		if (row.created_by === approvedBy) {
			throw new Problem(403, "second_person_needed", "Somebody else has to approve what you have made.");
		}
		if (row.state !== "waiting") throw new Problem(409, "campaign_not_waiting", `The campaign is ${row.state}.`);
		const nowMs = this.#clock.now();
		const machineIds = await this.#machineIds(row.tenant_id, planOf(row));
		const rings = assignRings(id, machineIds, planOf(row).rings);
		await this.#orConflict([
			{
				sql: `UPDATE ota_campaign SET state = 'running', approved_by = ?, ring_opened_at_ms = ?, check_at_ms = ?, version = version + 1
					WHERE id = ? AND tenant_id = ? AND version = ?`,
				args: [approvedBy, nowMs, nowMs, id, tenantId, row.version],
			},
			mustHaveChanged("the campaign is as it was read"),
			...machineIds.map((machineId) => join(id, machineId, rings.get(machineId) ?? 0)),
		]);
		this.#tell(row, "running", "");
		this.kick();
		return this.find(tenantId, id);
	}

	/** Offers nothing to anybody any more. What machines have begun they finish. @throws Problem 409 when it is over */
	async stop(tenantId: string, id: string, reason: string): Promise<Campaign> {
		const row = await this.#row(tenantId, id);
		if (row.state !== "waiting" && row.state !== "running") {
			throw new Problem(409, "campaign_over", `The campaign is ${row.state}.`);
		}
		await this.#orConflict([
			{
				sql: `UPDATE ota_campaign SET state = 'stopped', reason = ?, check_at_ms = NULL, version = version + 1
					WHERE id = ? AND tenant_id = ? AND version = ?`,
				args: [reason, id, tenantId, row.version],
			},
			mustHaveChanged("the campaign is as it was read"),
		]);
		this.#tell(row, "stopped", reason);
		return this.find(tenantId, id);
	}

	/** @throws Problem 404 */
	async find(tenantId: string, id: string): Promise<Campaign> {
		return this.#view(await this.#row(tenantId, id));
	}

	async list(tenantId: string, query: ListQuery): Promise<Page<Campaign>> {
		const { items, meta } = await readList(
			this.#database,
			{ sql: "SELECT * FROM ota_campaign WHERE tenant_id = ?", args: [tenantId], key: ["created_at_ms", "id"] },
			query,
			(row) => rowSchema.parse(row),
		);
		return { items: await Promise.all(items.map((row) => this.#view(row))), meta };
	}

	/** By machine. @throws Problem 404 */
	async targets(tenantId: string, id: string, query: ListQuery): Promise<Page<CampaignTarget>> {
		await this.#row(tenantId, id);
		return readList(
			this.#database,
			{ sql: "SELECT * FROM ota_target WHERE campaign_id = ?", args: [id], key: ["machine_id"], direction: "asc" },
			query,
			(row) => {
				const { machine_id: machineId, ring, state, reason } = targetRowSchema.parse(row);
				return { machineId, ring: ring + 1, state, reason };
			},
		);
	}

	/** What the Pi of a machine shall fetch now. */
	async desired(tenantId: string, machineId: string): Promise<Desired[]> {
		const found: Desired[] = [];
		for (const { campaign, parts } of await this.#offered(tenantId, machineId)) {
			for (const part of ["pi", "model"] as const) {
				const artifactId = planOf(campaign).parts[part];
				if (artifactId === undefined || parts[part]?.state !== "offered") continue;
				found.push({ campaignId: campaign.id, part, artifact: await this.#artifacts.find(tenantId, artifactId) });
			}
		}
		return found;
	}

	/** What became of a part at a machine. @returns whether anybody had asked for it */
	async report(
		tenantId: string,
		machineId: string,
		report: { readonly artifactId: string; readonly outcome: "done" | "failed"; readonly reason: string },
	): Promise<boolean> {
		let known = false;
		for (const { campaign, parts } of await this.#offered(tenantId, machineId)) {
			for (const part of ["pi", "model"] as const) {
				if (planOf(campaign).parts[part] !== report.artifactId || parts[part]?.state !== "offered") continue;
				known = true;
				await this.#database.write([
					{
						sql: `UPDATE ota_target SET parts = json_patch(parts, ?) WHERE campaign_id = ? AND machine_id = ? AND state = 'offered'`,
						args: [
							JSON.stringify({ [part]: { state: report.outcome, command: null, reason: report.reason } }),
							campaign.id,
							machineId,
						],
					},
				]);
			}
		}
		if (known) this.kick();
		return known;
	}

	async #offered(tenantId: string, machineId: string): Promise<{ campaign: Row; parts: Parts }[]> {
		const rows = await this.#database.read(
			`SELECT ota_campaign.*, ota_target.parts FROM ota_target JOIN ota_campaign ON ota_campaign.id = ota_target.campaign_id
				WHERE ota_target.machine_id = ? AND ota_target.state = 'offered' AND ota_campaign.tenant_id = ?`,
			[machineId, tenantId],
		);
		return rows.map((row) => ({
			campaign: rowSchema.parse(row),
			parts: partsOf(z.object({ parts: z.string() }).parse(row)),
		}));
	}

	async #look(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			"SELECT * FROM ota_campaign WHERE check_at_ms IS NOT NULL ORDER BY check_at_ms, id",
		);
		const campaigns = rows.map((row) => rowSchema.parse(row));
		const failures: unknown[] = [];
		for (const row of campaigns) {
			try {
				// All of them: a report may have come for one that is due much later.
				await this.#step(row, nowMs);
			} catch (error) {
				// Another instance was faster; or a defect in one campaign, which must not keep the others waiting.
				if (!(error instanceof GuardFailed)) failures.push(error);
			}
		}
		if (failures.length > 0) throw failures[0];
		const [next] = await this.#database.read("SELECT MIN(check_at_ms) AS at FROM ota_campaign");
		return z.object({ at: z.int().nullable() }).parse(next).at ?? undefined;
	}

	async #step(row: Row, nowMs: number): Promise<void> {
		const plan = planOf(row);
		await this.#letJoin(row, plan);
		const found = (
			await this.#database.read("SELECT * FROM ota_target WHERE campaign_id = ? ORDER BY machine_id", [row.id])
		).map((target) => targetRowSchema.parse(target));
		const settled: Statement[] = [];
		const targets: Target[] = [];
		const halfOffered: string[] = [];
		for (const target of found) {
			const { machine_id: machineId, ring, offered_at_ms: offeredAtMs } = target;
			let { state } = target;
			if (state === "offered") {
				const parts = partsOf(target);
				const missing = missingParts(plan, parts).length > 0;
				const heard = await this.#heard(machineId, parts);
				if (heard.state === "failed" || (heard.state === "done" && !missing)) {
					state = heard.state;
					settled.push(settle(row.id, machineId, heard.state, heard.reason));
				} else if (missing) halfOffered.push(machineId);
			}
			targets.push({ machineId, ring, state, offeredAtMs });
		}
		const before = {
			campaignId: row.id,
			ring: row.ring,
			ringOpenedAtMs: row.ring_opened_at_ms ?? nowMs,
			ringEndedAtMs: row.ring_ended_at_ms,
		};
		const { offer, overdue, progress, end, nextAtMs } = decideStep(plan, before, targets, nowMs);
		await this.#database.write([
			{
				sql: `UPDATE ota_campaign SET state = ?, reason = ?, ring = ?, ring_opened_at_ms = ?, ring_ended_at_ms = ?,
						check_at_ms = ?, version = version + 1
					WHERE id = ? AND version = ? AND state = 'running'`,
				args: [
					end?.state ?? "running",
					end?.reason ?? "",
					progress.ring,
					progress.ringOpenedAtMs,
					progress.ringEndedAtMs,
					nextAtMs ?? null,
					row.id,
					row.version,
				],
			},
			mustHaveChanged("the campaign is as it was read"),
			...settled,
			...overdue.map((machineId) => settle(row.id, machineId, "failed", "no-report")),
		]);
		if (end) {
			this.#tell(row, end.state, end.reason);
			return;
		}
		// This program ended amid an offer, or somebody else changed the machine.
		const resumed = halfOffered.filter((machineId) => !overdue.includes(machineId));
		for (const machineId of [...resumed, ...offer]) await this.#offer(row, plan, machineId, nowMs);
	}

	/** Machines that have come to be what the campaign is for. */
	async #letJoin(row: Row, plan: CampaignPlan): Promise<void> {
		const rows = await this.#database.read("SELECT machine_id AS id FROM ota_target WHERE campaign_id = ?", [row.id]);
		const known = new Set(rows.map((each) => z.object({ id: z.string() }).parse(each).id));
		const fresh = (await this.#machineIds(row.tenant_id, plan)).filter((machineId) => !known.has(machineId));
		// Into the last ring: what is new shall not be the first to try.
		if (fresh.length > 0) {
			await this.#database.write(fresh.map((machineId) => join(row.id, machineId, plan.rings.length - 1)));
		}
	}

	/** How the parts that have left stand, together. */
	async #heard(machineId: string, parts: Parts): Promise<{ state: "offered" | "done" | "failed"; reason: string }> {
		let open = false;
		for (const [name, { state, command, version, reason }] of Object.entries(parts)) {
			const found = command === null ? undefined : await this.#commands.find(command);
			const now = found === undefined ? state : stateOfCommand(found.state);
			if (now === "failed") return { state: "failed", reason: `${name}: ${found?.reason ?? reason}` };
			if (version !== undefined && (await this.#piKnows(machineId, version))) continue;
			if (now === "offered") open = true;
		}
		return open ? { state: "offered", reason: "" } : { state: "done", reason: "" };
	}

	/** Whether the Pi has said that it decides by this planogram, or a later one. A machine without a Pi needs nobody to know. */
	async #piKnows(machineId: string, version: number): Promise<boolean> {
		const rows = await this.#database.read(
			`SELECT id FROM machine WHERE id = ? AND (NOT ${hasPi} OR planogram_told >= ?)`,
			[machineId, version],
		);
		return rows.length > 0;
	}

	/** Lets the parts leave that have not left for the machine yet. */
	async #offer(row: Row, plan: CampaignPlan, machineId: string, nowMs: number): Promise<void> {
		const [target] = await this.#database.read("SELECT * FROM ota_target WHERE campaign_id = ? AND machine_id = ?", [
			row.id,
			machineId,
		]);
		const missing = missingParts(plan, partsOf(targetRowSchema.parse(target)));
		const { controller, config, planogram } = plan.parts;
		// Each part is noted in the commit in which it leaves, so that it leaves once.
		const noted = (name: PartName, state: "offered" | "done", command: string | null): Statement[] => [
			{
				sql: `UPDATE ota_target SET state = 'offered', offered_at_ms = COALESCE(offered_at_ms, ?1),
						parts = json_set(parts, ?2, json(?3))
					WHERE campaign_id = ?4 AND machine_id = ?5 AND state IN ('waiting', 'offered') AND json_type(parts, ?2) IS NULL
						AND EXISTS (SELECT 1 FROM ota_campaign WHERE id = ?4 AND state = 'running')`,
				args: [nowMs, `$.${name}`, JSON.stringify({ state, command, reason: "" }), row.id, machineId],
			},
			mustHaveChanged(`the machine waits for the ${name} of the campaign`),
		];
		try {
			if (controller !== undefined && missing.includes("controller")) {
				const { manifest } = await this.#artifacts.find(row.tenant_id, controller);
				const image = await this.#artifacts.content(row.tenant_id, controller);
				await this.#commands.offerFirmware(machineId, manifest, image, (id) => noted("controller", "offered", id));
			}
			if (config !== undefined && missing.includes("config")) {
				const before = (await this.#machines.config(row.tenant_id, machineId)).config;
				const next = machineConfigSchema.parse(mergePatch(before, config));
				await this.#machines.configure(row.tenant_id, machineId, next, undefined, (id) =>
					// Nothing of it concerns the controller where there is no command: it holds already.
					noted("config", id === null ? "done" : "offered", id),
				);
			}
			if (planogram !== undefined && missing.includes("planogram")) {
				const version = {
					sql: `UPDATE ota_target SET parts = json_set(parts, '$.planogram.version',
							(SELECT planogram_version FROM machine WHERE id = ?2))
						WHERE campaign_id = ?1 AND machine_id = ?2`,
					args: [row.id, machineId],
				};
				await this.#planograms.replace(row.tenant_id, machineId, planogram, [
					...noted("planogram", "offered", null),
					version,
				]);
			}
			// Last: the Pi fetches them as soon as they are noted, and shall not when the rest could not leave.
			const fetched = missing.filter((name) => name === "pi" || name === "model");
			if (fetched.length > 0) await this.#database.write(fetched.flatMap((name) => noted(name, "offered", null)));
		} catch (error) {
			// Somebody has changed the machine meanwhile, or another instance was faster: it is looked at again.
			if (error instanceof GuardFailed || (error instanceof Problem && error.status === 412)) return;
			// What cannot even be sent to a machine has failed there; the others must not wait for it.
			await this.#database.write([settle(row.id, machineId, "failed", messageOf(error).slice(0, 200))]);
		}
	}

	async #machineIds(tenantId: string, { target }: CampaignPlan): Promise<string[]> {
		const { machineIds, locationId, kind } = target;
		const rows = await this.#database.read(
			`SELECT id FROM machine WHERE tenant_id = ?1 AND decommissioned_at_ms IS NULL AND (?2 IS NULL OR location_id = ?2)
				AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4))) ORDER BY id`,
			[tenantId, locationId ?? null, kind ?? null, machineIds === undefined ? null : JSON.stringify(machineIds)],
		);
		return rows.map((row) => z.object({ id: z.string() }).parse(row).id);
	}

	async #row(tenantId: string, id: string): Promise<Row> {
		const [row] = await this.#database.read("SELECT * FROM ota_campaign WHERE id = ? AND tenant_id = ?", [
			id,
			tenantId,
		]);
		if (!row) throw new Problem(404, "campaign_unknown", `There is no campaign ${id} of yours.`);
		return rowSchema.parse(row);
	}

	async #view(row: Row): Promise<Campaign> {
		const rows = await this.#database.read(
			"SELECT state, COUNT(*) AS number FROM ota_target WHERE campaign_id = ? GROUP BY state",
			[row.id],
		);
		const schema = z.object({ state: targetRowSchema.shape.state, number: z.int() });
		const counts = { waiting: 0, offered: 0, done: 0, failed: 0 };
		for (const { state, number } of rows.map((each) => schema.parse(each))) counts[state] = number;
		const { id, name, state, reason, created_by: createdBy, approved_by: approvedBy, version } = row;
		return {
			id,
			name,
			state,
			plan: planOf(row),
			ring: row.ring + 1,
			reason,
			createdBy,
			approvedBy,
			createdAtMs: row.created_at_ms,
			counts,
			version,
		};
	}

	async #orConflict(statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof GuardFailed) {
				throw new Problem(409, "campaign_changed", "The campaign has just changed. Read it again.");
			}
			throw error;
		}
	}

	#tell(row: Row, state: string, reason: string): void {
		const level = state === "stopped" ? "warn" : "info";
		this.#log({
			level,
			room: "cloud",
			event: `campaign.${state}`,
			campaignId: row.id,
			tenantId: row.tenant_id,
			reason,
		});
	}
}

function planOf(row: Row): CampaignPlan {
	return campaignPlanSchema.parse(JSON.parse(row.plan));
}

function partsOf({ parts }: { readonly parts: string }): Parts {
	return partsSchema.parse(JSON.parse(parts));
}

/** What a machine has still to be offered. */
function missingParts(plan: CampaignPlan, parts: Parts): PartName[] {
	return partNames.filter((name) => plan.parts[name] !== undefined && parts[name] === undefined);
}

function join(campaignId: string, machineId: string, ring: number): Statement {
	return {
		sql: `INSERT INTO ota_target (campaign_id, machine_id, ring, state) VALUES (?, ?, ?, 'waiting') ON CONFLICT DO NOTHING`,
		args: [campaignId, machineId, ring],
	};
}

function settle(campaignId: string, machineId: string, state: "done" | "failed", reason: string): Statement {
	return {
		sql: "UPDATE ota_target SET state = ?, reason = ? WHERE campaign_id = ? AND machine_id = ?",
		args: [state, reason, campaignId, machineId],
	};
}

function stateOfCommand(state: string): "offered" | "done" | "failed" {
	if (state === "done") return "done";
	return state === "failed" || state === "expired" ? "failed" : "offered";
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
	if (!isObject(patch)) return patch;
	const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
	for (const [name, value] of Object.entries(patch)) {
		if (value === null) delete merged[name];
		else merged[name] = mergePatch(merged[name], value);
	}
	return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
