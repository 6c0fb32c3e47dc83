import type { Clock } from "@visionvend/sdk/clock";
import { type DeviceLogsBody, logLevels } from "@visionvend/sdk/protocol/device-logs";
import { z } from "zod";
import type { Database, Row, Statement } from "../db/database.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

export const deviceStatusSchema = z.enum(["online", "offline", "maintenance", "decommissioned"]);

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	machine_name: z.string(),
	type: z.enum(["controller", "pi"]),
	model: z.string(),
	firmware: z.string(),
	status: deviceStatusSchema,
	status_since_ms: z.int(),
	last_seen_at_ms: z.int(),
	diagnostics: z.string(),
});

/** A board in a machine. */
export interface Device {
	readonly id: string;
	readonly machineId: string;
	readonly machineName: string;
	readonly type: "controller" | "pi";
	readonly model: string;
	readonly firmware: string;
	readonly status: z.infer<typeof deviceStatusSchema>;
	readonly statusSinceMs: number;
	/** 0: never. */
	readonly lastSeenAtMs: number;
	readonly diagnostics: Record<string, unknown>;
}

/** What a list of devices is narrowed to. */
export interface DeviceFilter {
	/** Part of an id, or of the machine's name. */
	readonly query?: string | undefined;
	readonly model?: string | undefined;
	readonly status?: z.infer<typeof deviceStatusSchema> | undefined;
	readonly machineId?: string | undefined;
}

export interface DeviceLogEntry {
	readonly level: "debug" | "info" | "warn" | "error";
	readonly event: string;
	readonly detail: string;
}

const columns = `SELECT device.*, machine.name AS machine_name FROM device JOIN machine ON machine.id = device.machine_id
	WHERE device.tenant_id = ?`;
/** Of one device; older ones are forgotten. */
const mostLogEntries = 2_000;
const logsLiveMs = 30 * 86_400_000;

/** The devices of tenants, and what they say about themselves. */
export class DeviceStore {
	readonly #database: Database;
	readonly #clock: Clock;

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
	}

	/** By id. */
	list(tenantId: string, filter: DeviceFilter, query: ListQuery): Promise<Page<Device>> {
		const { query: text, model, status, machineId } = filter;
		const like = `%${(text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
		const conditions: readonly (readonly [condition: string, ...args: string[]])[] = [
			...(text === undefined
				? []
				: [["(device.id LIKE ? ESCAPE '\\' OR machine.name LIKE ? ESCAPE '\\')", like, like] as const]),
			...(model === undefined ? [] : [["device.model = ?", model] as const]),
			...(status === undefined ? [] : [["device.status = ?", status] as const]),
			...(machineId === undefined ? [] : [["device.machine_id = ?", machineId] as const]),
		];
		return readList(
			this.#database,
			{
				sql: [columns, ...conditions.map(([condition]) => condition)].join(" AND "),
				args: [tenantId, ...conditions.flatMap(([, ...args]) => args)],
				key: ["id"],
				direction: "asc",
			},
			query,
			deviceOf,
		);
	}

	/** By the device's id, or by its machine's: then the controller. @throws Problem 404 */
	async find(tenantId: string, id: string): Promise<Device> {
		const [row] = await this.#database.read(`${columns} AND device.id IN (?, ?)`, [tenantId, id, `${id}-controller`]);
		if (!row) throw new Problem(404, "device_unknown", `There is no device ${id} of yours.`);
		return deviceOf(row);
	}

	/** What a device says about itself; it lives. */
	async report(
		tenantId: string,
		deviceId: string,
		report: { readonly firmware?: string | undefined; readonly diagnostics: Readonly<Record<string, unknown>> },
	): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE device SET last_seen_at_ms = ?, firmware = COALESCE(?, firmware), diagnostics = json_patch(diagnostics, ?)
					WHERE id = ? AND tenant_id = ?`,
				args: [this.#clock.now(), report.firmware ?? null, JSON.stringify(report.diagnostics), deviceId, tenantId],
			},
		]);
	}

	async log(tenantId: string, deviceId: string, entries: readonly DeviceLogEntry[]): Promise<void> {
		const nowMs = this.#clock.now();
		await this.#database.write([
			...entries.map(({ level, event, detail }) => ({
				sql: "INSERT INTO device_log (tenant_id, device_id, at_ms, level, event, detail) VALUES (?, ?, ?, ?, ?, ?)",
				args: [tenantId, deviceId, nowMs, level, event, detail],
			})),
			...forgetLogs(deviceId, nowMs),
		]);
	}

	/** Lines that came by message; a line that is there already stays the one that it is. */
	async logOnce(deviceId: string, { life, entries }: DeviceLogsBody): Promise<void> {
		const nowMs = this.#clock.now();
		await this.#database.write([
			...entries.map(({ seq, atMs, level, event, detail }) => ({
				sql: `INSERT INTO device_log (tenant_id, device_id, at_ms, level, event, detail, life, seq)
					SELECT tenant_id, id, ?, ?, ?, ?, ?, ? FROM device WHERE id = ? ON CONFLICT DO NOTHING`,
				// A device whose clock is wrong has said it now.
				args: [atMs > nowMs || atMs < nowMs - logsLiveMs ? nowMs : atMs, level, event, detail, life, seq, deviceId],
			})),
			...forgetLogs(deviceId, nowMs),
		]);
	}

	/** Newest first; of these levels and this event only, where given. */
	logs(
		tenantId: string,
		deviceId: string,
		query: ListQuery & { readonly level?: (typeof logLevels)[number] | undefined; readonly event?: string | undefined },
	): Promise<Page<DeviceLogEntry & { readonly atMs: number; readonly seq: number | null }>> {
		const schema = z.object({
			at_ms: z.int(),
			level: z.enum(logLevels),
			event: z.string(),
			detail: z.string(),
			seq: z.int().nullable(),
		});
		const levels = logLevels.slice(logLevels.indexOf(query.level ?? "debug"));
		return readList(
			this.#database,
			{
				sql: `SELECT * FROM device_log WHERE tenant_id = ? AND device_id = ?
					AND level IN (SELECT value FROM json_each(?)) AND COALESCE(event = ?, 1)`,
				args: [tenantId, deviceId, JSON.stringify(levels), query.event ?? null],
				key: ["id"],
			},
			query,
			(row) => {
				const { at_ms: atMs, ...entry } = schema.parse(row);
				return { atMs, ...entry };
			},
		);
	}

	/** How a device has come and gone in the last 30 days, newest first, at most 100 times. */
	async changes(tenantId: string, deviceId: string): Promise<{ status: string; atMs: number }[]> {
		const rows = await this.#database.read(
			`SELECT status, at_ms FROM device_status_change WHERE tenant_id = ? AND device_id = ? AND at_ms > ?
				ORDER BY at_ms DESC, id DESC LIMIT 100`,
			[tenantId, deviceId, this.#clock.now() - 30 * 86_400_000],
		);
		const schema = z.object({ status: z.string(), at_ms: z.int() });
		return rows.map((row) => schema.parse(row)).map(({ status, at_ms: atMs }) => ({ status, atMs }));
	}
}

function forgetLogs(deviceId: string, nowMs: number): Statement[] {
	return [
		{
			sql: `DELETE FROM device_log WHERE device_id = ?1 AND id <=
				(SELECT id FROM device_log WHERE device_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${mostLogEntries})`,
			args: [deviceId],
		},
		{ sql: "DELETE FROM device_log WHERE device_id = ? AND at_ms < ?", args: [deviceId, nowMs - logsLiveMs] },
	];
}

function deviceOf(row: Row): Device {
	const { id, machine_id, machine_name, type, model, firmware, status, status_since_ms, last_seen_at_ms, diagnostics } =
		rowSchema.parse(row);
	return {
		id,
		machineId: machine_id,
		machineName: machine_name,
		type,
		model,
		firmware,
		status,
		statusSinceMs: status_since_ms,
		lastSeenAtMs: last_seen_at_ms,
		diagnostics: z.record(z.string(), z.unknown()).parse(JSON.parse(diagnostics)),
	};
}
