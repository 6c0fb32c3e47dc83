import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { DeviceFilter, DeviceStore } from "./device-store.ts";
import type { Order, RemoteCommand, RemoteCommands, RemoteRequest } from "./remote-commands.ts";

const mostMachines = 1_000;
const rowSchema = z.object({ id: z.string(), request: z.string(), created_at_ms: z.int() });
const actionSchema = z.object({ action: z.string() });

/** The commands of one tenant: to one machine, or the same to many. */
export class CommandBatches {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #commands: RemoteCommands;
	readonly #devices: DeviceStore;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		commands: RemoteCommands;
		devices: DeviceStore;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#commands = options.commands;
		this.#devices = options.devices;
	}

	/** The machine is the caller's to have found. @throws Problem 422 when the request makes no sense */
	async send(tenantId: string, machineId: string, request: RemoteRequest, order: Order): Promise<RemoteCommand> {
		return this.find(tenantId, await orUnfit(this.#commands.send(machineId, request, order)));
	}

	/** @throws Problem 404 when the tenant has no such command */
	async find(tenantId: string, commandId: string): Promise<RemoteCommand> {
		const command = await this.#commands.find(commandId);
		if (!command || !(await this.#isOf(tenantId, command.machineId))) {
			throw new Problem(404, "command_unknown", `There is no command ${commandId} of yours.`);
		}
		return command;
	}

	/**
	 * Asks each of these machines. All are found before the first one is asked.
	 * @returns the batch's id
	 * @throws Problem 404 when one is not the tenant's, 422 when there are none or the request makes no sense
	 */
	async start(
		tenantId: string,
		which: readonly string[] | DeviceFilter,
		request: RemoteRequest,
		order: Order,
	): Promise<string> {
		const machineIds = [...new Set(await this.#machines(tenantId, which))];
		if (machineIds.length === 0) throw new Problem(422, "batch_empty", "No device of yours is like that.");
		const batchId = randomId(this.#random);
		await this.#database.write([
			{
				sql: "INSERT INTO command_batch (id, tenant_id, request, requested_by, created_at_ms) VALUES (?, ?, ?, ?, ?)",
				args: [batchId, tenantId, JSON.stringify(request), order.requestedBy, this.#clock.now()],
			},
		]);
		await Promise.all(
			machineIds.map((machineId) => orUnfit(this.#commands.send(machineId, request, { ...order, batchId }))),
		);
		return batchId;
	}

	/** @throws Problem 404 */
	async batch(
		tenantId: string,
		batchId: string,
	): Promise<{ id: string; action: string; createdAtMs: number; commands: RemoteCommand[] }> {
		const [row] = await this.#database.read("SELECT * FROM command_batch WHERE id = ? AND tenant_id = ?", [
			batchId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "batch_unknown", `There is no batch ${batchId} of yours.`);
		const { id, request, created_at_ms: createdAtMs } = rowSchema.parse(row);
		const { action } = actionSchema.parse(JSON.parse(request));
		return { id, action, createdAtMs, commands: await this.#commands.ofBatch(id) };
	}

	async #machines(tenantId: string, which: readonly string[] | DeviceFilter): Promise<string[]> {
		if ("length" in which) {
			return Promise.all(which.map(async (id) => (await this.#devices.find(tenantId, id)).machineId));
		}
		const machineIds: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await this.#devices.list(tenantId, which, listQuerySchema.parse({ limit: 200, cursor }));
			machineIds.push(
				...page.items
					.filter(({ type, status }) => type === "controller" && status !== "decommissioned")
					.map(({ machineId }) => machineId),
			);
			cursor = page.meta.nextCursor ?? undefined;
		} while (cursor !== undefined && machineIds.length < mostMachines);
		return machineIds.slice(0, mostMachines);
	}

	async #isOf(tenantId: string, machineId: string): Promise<boolean> {
		const rows = await this.#database.read("SELECT 1 FROM machine WHERE id = ? AND tenant_id = ?", [
			machineId,
			tenantId,
		]);
		return rows.length === 1;
	}
}

async function orUnfit(sent: Promise<string>): Promise<string> {
	try {
		return await sent;
	} catch (error) {
		if (error instanceof RangeError) throw new Problem(422, "command_unfit", error.message);
		throw error;
	}
}
