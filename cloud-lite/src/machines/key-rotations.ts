import type { Clock } from "@visionvend/sdk/clock";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { publishLater } from "../outbox/outbox-entry.ts";
import type { MachineRegistry } from "./machine-registry.ts";
import { hasPi } from "./planogram-sender.ts";
import type { RemoteCommands } from "./remote-commands.ts";

/** How often it is looked whether the devices have taken the new keys. */
const lookEveryMs = 30_000;
/** A device that did not take them gets them again. */
const tellAgainMs = 600_000;
/** What was sealed under the old keys may still wait in a Pi, which sends everything within minutes. */
const drainMs = 3_600_000;

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	machine_id: z.string(),
	version: z.int(),
	state: z.enum(["running", "overdue", "taken", "done", "revoked"]),
	reason: z.string(),
	revoke_untaken: z.int(),
	requested_by: z.string(),
	created_at_ms: z.int(),
	deadline_at_ms: z.int(),
	controller_command: z.string(),
	controller_taken_at_ms: z.int().nullable(),
	pi_taken_at_ms: z.int().nullable(),
	ended_at_ms: z.int().nullable(),
	check_at_ms: z.int().nullable(),
});
export type KeyRotationRow = z.infer<typeof rowSchema>;

const machineSchema = z.object({
	key_version: z.int(),
	has_pi: z.int(),
	decommissioned_at_ms: z.int().nullable(),
});

/**
 * Gives machines new keys and a new account at the broker. The new ones go to controller and Pi under the old ones, and
 * both are good until both devices use the new ones; then the old ones end. A controller tries its new keys for a minute
 * and goes back to the old ones when it reaches nobody with them.
 */
export class KeyRotations extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #registry: MachineRegistry;
	readonly #commands: RemoteCommands;
	readonly #log: Log;
	readonly #onChange: () => void;

	/** `onChange`: messages wait in the outbox. */
	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			registry: MachineRegistry;
			commands: RemoteCommands;
			log: Log;
			onChange: () => void;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#registry = options.registry;
		this.#commands = options.commands;
		this.#log = options.log;
		this.#onChange = options.onChange;
	}

	/** @throws Problem 404, 409 when a rotation is under way or the machine is out of service for good */
	async start(
		tenantId: string,
		machineId: string,
		asked: {
			readonly deadlineHours: number;
			readonly revokeUntaken: boolean;
			readonly reason: string;
			readonly by: string;
		},
	): Promise<KeyRotationRow> {
		const machine = await this.#machine(tenantId, machineId);
		if (machine.decommissioned_at_ms !== null) {
			throw new Problem(409, "machine_decommissioned", `Machine ${machineId} is out of service for good.`);
		}
		const id = randomId(this.#random);
		const nowMs = this.#clock.now();
		const version = machine.key_version + 1;
		try {
			await this.#tellController(machineId, version, (commandId) => [
				{
					sql: `INSERT INTO key_rotation (id, tenant_id, machine_id, version, state, reason, revoke_untaken, requested_by,
							created_at_ms, deadline_at_ms, controller_command, check_at_ms)
						VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)`,
					args: [
						id,
						tenantId,
						machineId,
						version,
						asked.reason,
						asked.revokeUntaken ? 1 : 0,
						asked.by,
						nowMs,
						nowMs + asked.deadlineHours * 3_600_000,
						commandId,
						nowMs,
					],
				},
				{
					sql: "UPDATE machine SET other_key_version = ? WHERE id = ? AND tenant_id = ? AND key_version = ?",
					args: [version, machineId, tenantId, version - 1],
				},
				mustHaveChanged("the machine's keys are as they were read"),
			]);
		} catch (error) {
			if (!(error instanceof UniqueViolation) && !(error instanceof GuardFailed)) throw error;
			throw new Problem(409, "rotation_under_way", `The keys of ${machineId} are being exchanged already.`);
		}
		this.#registry.forget(machineId);
		this.#tell({ machine_id: machineId, version }, "started");
		this.kick();
		return this.#find(id);
	}

	/** The newest first. @throws Problem 404 */
	async list(tenantId: string, machineId: string, query: ListQuery): Promise<Page<KeyRotationRow>> {
		await this.#machine(tenantId, machineId);
		return readList(
			this.#database,
			{
				sql: "SELECT * FROM key_rotation WHERE machine_id = ? AND tenant_id = ?",
				args: [machineId, tenantId],
				key: ["created_at_ms", "id"],
			},
			query,
			(row) => rowSchema.parse(row),
		);
	}

	/** The Pi says, under keys of this version, that it has them for good. */
	async piTook(machineId: string, version: number): Promise<void> {
		const nowMs = this.#clock.now();
		await this.#database.write([
			{
				sql: "UPDATE machine SET pi_key_version = ? WHERE id = ? AND pi_key_version < ?",
				args: [version, machineId, version],
			},
			{
				sql: `UPDATE key_rotation SET pi_taken_at_ms = ?, check_at_ms = ?
					WHERE machine_id = ? AND version = ? AND check_at_ms IS NOT NULL AND pi_taken_at_ms IS NULL`,
				args: [nowMs, nowMs, machineId, version],
			},
		]);
		this.#registry.forget(machineId);
		this.kick();
	}

	async #look(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			"SELECT * FROM key_rotation WHERE check_at_ms IS NOT NULL ORDER BY check_at_ms LIMIT 100",
		);
		const due = rows.map((row) => rowSchema.parse(row)).filter(({ check_at_ms }) => (check_at_ms ?? 0) <= nowMs);
		const failures: unknown[] = [];
		for (const row of due) {
			try {
				await this.#step(row, nowMs);
			} catch (error) {
				// Another instance was faster; or a defect in one machine, which must not keep the others waiting.
				if (!(error instanceof GuardFailed)) failures.push(error);
			}
		}
		if (failures.length > 0) throw failures[0];
		if (due.length > 0) this.#onChange();
		const [next] = await this.#database.read("SELECT MIN(check_at_ms) AS at FROM key_rotation");
		return z.object({ at: z.int().nullable() }).parse(next).at ?? undefined;
	}

	async #step(row: KeyRotationRow, nowMs: number): Promise<void> {
		const { machine_id: machineId, version } = row;
		const machine = await this.#machine(row.tenant_id, machineId);
		if (row.state === "taken" || machine.decommissioned_at_ms !== null) {
			await this.#end(row, "done", nowMs);
			return;
		}
		const command = await this.#commands.find(row.controller_command);
		const controllerTook = command?.state === "done";
		const piTook = row.pi_taken_at_ms !== null || machine.has_pi === 0;
		if (controllerTook && piTook) {
			await this.#write(row, { state: "taken", controller_taken_at_ms: nowMs, check_at_ms: nowMs + drainMs }, [
				{
					sql: "UPDATE machine SET key_version = ?1, other_key_version = ?1 - 1 WHERE id = ?2",
					args: [version, machineId],
				},
			]);
			this.#tell(row, "taken");
			return;
		}
		const isLate = nowMs >= row.deadline_at_ms;
		if (isLate && row.revoke_untaken === 1) {
			await this.#end(row, "revoked", nowMs);
			return;
		}
		if (isLate && row.state === "running") this.#tell(row, "overdue");
		const again = nowMs - (command?.changedAtMs ?? 0) >= tellAgainMs;
		if ((command?.state === "failed" || command?.state === "expired") && again) {
			await this.#tellController(machineId, version, (commandId) => [
				{ sql: "UPDATE key_rotation SET controller_command = ? WHERE id = ?", args: [commandId, row.id] },
			]);
		}
		await this.#write(
			row,
			{
				state: isLate ? "overdue" : "running",
				controller_taken_at_ms: controllerTook ? (row.controller_taken_at_ms ?? nowMs) : null,
				check_at_ms: nowMs + lookEveryMs,
			},
			piTook ? [] : await this.#piMessage(row, nowMs),
		);
	}

	/** The old keys are of no use any more, whoever has them. */
	async #end(row: KeyRotationRow, state: "done" | "revoked", nowMs: number): Promise<void> {
		await this.#write(row, { state, controller_taken_at_ms: row.controller_taken_at_ms, check_at_ms: null }, [
			{
				sql: `UPDATE machine SET key_version = ?1, other_key_version = NULL, controller_key_version = ?1, pi_key_version = ?1
					WHERE id = ?2`,
				args: [row.version, row.machine_id],
			},
			{ sql: "UPDATE key_rotation SET ended_at_ms = ? WHERE id = ?", args: [nowMs, row.id] },
		]);
		this.#tell(row, state);
	}

	/** Over what was read. */
	async #write(
		row: KeyRotationRow,
		next: Pick<KeyRotationRow, "state" | "controller_taken_at_ms" | "check_at_ms">,
		also: readonly Statement[],
	): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE key_rotation SET state = ?, controller_taken_at_ms = ?, check_at_ms = ?
					WHERE id = ? AND state = ? AND check_at_ms = ?`,
				args: [next.state, next.controller_taken_at_ms, next.check_at_ms, row.id, row.state, row.check_at_ms],
			},
			mustHaveChanged(`the rotation of ${row.machine_id} is as it was read`),
			...also,
		]);
		this.#registry.forget(row.machine_id);
	}

	async #tellController(machineId: string, version: number, also: (commandId: string) => Statement[]): Promise<void> {
		const keyRotation = await this.#registry.hideNextKeys(machineId, "controller", version);
		await this.#commands.configure(machineId, { keyRotation }, also);
	}

	/** In its own lane, and the last one only. Every message hides the keys anew, under the key that seals it. */
	async #piMessage({ machine_id: machineId, version }: KeyRotationRow, nowMs: number): Promise<Statement[]> {
		const lane = `keys-${machineId}`;
		const [waiting] = await this.#database.read(
			"SELECT id FROM outbox WHERE lane = ? AND kind = 'publish' AND created_at_ms > ?",
			[lane, nowMs - tellAgainMs],
		);
		if (waiting) return [];
		const body = await this.#registry.hideNextKeys(machineId, "pi", version);
		return [
			{ sql: "DELETE FROM outbox WHERE lane = ? AND kind = 'publish'", args: [lane] },
			publishLater(
				{ machineId, to: "pi", topic: topics(machineId).newKeys, body: { ...body }, log: null, saleId: "" },
				{ lane, nowMs, expiresAtMs: nowMs + tellAgainMs },
			),
		];
	}

	async #machine(tenantId: string, machineId: string): Promise<z.infer<typeof machineSchema>> {
		const [row] = await this.#database.read(
			`SELECT key_version, ${hasPi} AS has_pi, decommissioned_at_ms FROM machine WHERE id = ? AND tenant_id = ?`,
			[machineId, tenantId],
		);
		if (!row) throw new Problem(404, "machine_unknown", `There is no machine ${machineId} of yours.`);
		return machineSchema.parse(row);
	}

	async #find(id: string): Promise<KeyRotationRow> {
		const [row] = await this.#database.read("SELECT * FROM key_rotation WHERE id = ?", [id]);
		return rowSchema.parse(row);
	}

	#tell({ machine_id: machineId, version }: Pick<KeyRotationRow, "machine_id" | "version">, what: string): void {
		const level = what === "overdue" || what === "revoked" ? "warn" : "info";
		this.#log({ level, room: "cloud", event: `keys.${what}`, machineId, version });
	}
}
