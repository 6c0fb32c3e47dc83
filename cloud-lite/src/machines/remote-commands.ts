import type { Clock } from "@visionvend/sdk/clock";
import type {
	CommandStatusBody,
	ControllerSettings,
	FirmwareManifestBody,
	FirmwareRequestBody,
	RemoteCommandBody,
} from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import {
	configurationUpdateBodySchema,
	firmwareManifestBodySchema,
	remoteCommandBodySchema,
} from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { DueWork } from "../outbox/due-work.ts";
import { publishLater } from "../outbox/outbox-entry.ts";
import type { MachineRegistry } from "./machine-registry.ts";

/** What may be asked; what an action does not need is 0. */
export type RemoteRequest = Pick<RemoteCommandBody, "action"> &
	Partial<Pick<RemoteCommandBody, "shelf" | "milligrams" | "minutes">>;

export type RemoteCommandState = "requested" | "sent" | CommandStatusBody["state"];

/** How far a command has come. */
export interface RemoteCommand {
	readonly id: string;
	readonly machineId: string;
	readonly kind: "action" | "configuration" | "firmware";
	readonly state: RemoteCommandState;
	/** Why it failed or expired; empty otherwise. */
	readonly reason: string;
	readonly detail: string;
}

/** An action that was not begun by then is not wanted any more: whoever asked has gone to look. */
const actionLivesMs = 60_000;
/** Settings and firmware wait for a machine that is away. */
const updateLivesMs = 7 * 86_400_000;
const helloWithinMs = 10_000;
/** A machine that has begun and then says nothing for this long has failed. */
const silenceMs = 15 * 60_000;
const messageLivesMs = 15_000;

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	kind: z.enum(["action", "configuration", "firmware"]),
	body: z.string(),
	state: z.enum(["requested", "sent", "received", "running", "done", "failed", "expired"]),
	reason: z.string(),
	detail: z.string(),
	created_at_ms: z.int(),
	check_at_ms: z.int().nullable(),
});
type Row = z.infer<typeof rowSchema>;

const order: readonly RemoteCommandState[] = Object.freeze(["requested", "sent", "received", "running"]);

/**
 * Asks machines for things and follows how far they come: requested, sent, received, running, then done, failed or
 * expired. An action needs a fresh nonce of its machine, so a hello goes first; settings and firmware carry versions
 * that only rise, and are good whenever they come.
 */
export class RemoteCommands {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #registry: MachineRegistry;
	readonly #log: Log;
	readonly #onChange: () => void;
	readonly #work: DueWork;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		registry: MachineRegistry;
		tracker: TaskTracker;
		log: Log;
		onChange: () => void;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#registry = options.registry;
		this.#log = options.log;
		this.#onChange = options.onChange;
		this.#work = new DueWork({ ...options, work: () => this.#look() });
	}

	/** @returns the command's id @throws RangeError when the machine is unknown or the request makes no sense */
	async send(machineId: string, request: RemoteRequest): Promise<string> {
		const commandId = randomId(this.#random);
		const body = remoteCommandBodySchema.parse({ commandId, shelf: 0, milligrams: 0, minutes: 0, ...request });
		if (body.action === "service-start" && body.minutes === 0) {
			throw new RangeError("service-start needs minutes, 1 to 240.");
		}
		if (body.action === "calibrate" && body.milligrams === 0) {
			throw new RangeError("calibrate needs the milligrams that lie on the shelf.");
		}
		return this.#request(machineId, commandId, "action", body);
	}

	/** Sends new settings; the version is one more than any that was sent before. @returns the command's id */
	async configure(machineId: string, settings: ControllerSettings): Promise<string> {
		const commandId = randomId(this.#random);
		const [row] = await this.#database.read(
			`SELECT MAX(configuration, COALESCE((SELECT MAX(json_extract(body, '$.version')) FROM remote_command
				WHERE machine_id = ?1 AND kind = 'configuration'), 0)) AS version FROM machine WHERE id = ?1`,
			[machineId],
		);
		const version = row ? z.object({ version: z.int() }).parse(row).version + 1 : 1;
		const body = configurationUpdateBodySchema.parse({ commandId, version, settings });
		return this.#request(machineId, commandId, "configuration", body);
	}

	/** Offers a signed image; the machine fetches it part by part. @returns the command's id */
	async offerFirmware(
		machineId: string,
		manifest: Omit<FirmwareManifestBody, "commandId">,
		image: Uint8Array,
	): Promise<string> {
		const commandId = randomId(this.#random);
		const body = firmwareManifestBodySchema.parse({ ...manifest, commandId });
		return this.#request(machineId, commandId, "firmware", body, [
			{
				sql: "INSERT INTO firmware (sha256, manifest, image, created_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
				args: [body.sha256, JSON.stringify(manifest), image, this.#clock.now()],
			},
		]);
	}

	async find(commandId: string): Promise<RemoteCommand | undefined> {
		const row = await this.#row(commandId);
		if (!row) return undefined;
		const { id, machine_id: machineId, kind, state, reason, detail } = row;
		return { id, machineId, kind, state, reason, detail };
	}

	kick(): void {
		this.#work.kick();
	}

	close(): void {
		this.#work.close();
	}

	/** The hello that a command waited for has come. @returns whether there was such a command; then all is written. */
	async helloCame(
		machineId: string,
		request: string,
		nonce: string,
		statements: readonly Statement[],
	): Promise<boolean> {
		const [found] = await this.#database.read(
			"SELECT * FROM remote_command WHERE machine_id = ? AND hello_request = ? AND state IN ('requested', 'sent')",
			[machineId, request],
		);
		if (!found) return false;
		const row = rowSchema.parse(found);
		const nowMs = this.#clock.now();
		await this.#database.write([
			...statements,
			this.#change(row, "sent", "", "", nowMs + helloWithinMs),
			this.#publish(row, nonce, nowMs + messageLivesMs),
		]);
		this.#tell(row, "sent", "");
		return true;
	}

	/**
	 * The machine has said hello without being asked: it has started, or is back. New settings and new firmware stay only
	 * when it hears the cloud within a minute, and so it is answered while it may be trying some.
	 */
	async machineCame(machineId: string): Promise<void> {
		const [found] = await this.#database.read(
			`SELECT id FROM remote_command
				WHERE machine_id = ? AND kind <> 'action' AND state IN ('sent', 'received', 'running') LIMIT 1`,
			[machineId],
		);
		if (!found) return;
		const { id } = z.object({ id: z.string() }).parse(found);
		const nowMs = this.#clock.now();
		await this.#database.write([
			publishLater(
				{
					machineId,
					to: "controller",
					topic: topics(machineId).helloRequest,
					body: { request: randomId(this.#random) },
					log: null,
					saleId: "",
				},
				{ lane: `command-${id}`, nowMs, expiresAtMs: nowMs + helloWithinMs },
			),
		]);
		this.#onChange();
	}

	/** @returns why the message was not believed, or `undefined` */
	async statusCame(
		machineId: string,
		{ commandId, state, reason, detail }: CommandStatusBody,
		seen: readonly Statement[],
	): Promise<string | undefined> {
		const row = await this.#row(commandId);
		if (row?.machine_id !== machineId) {
			await this.#database.write(seen);
			return "unknown-command";
		}
		// What has ended stays so, and nothing goes back: messages may come late, and after a restart again.
		if (
			order.indexOf(row.state) < 0 ||
			(order.indexOf(state) >= 0 && order.indexOf(state) < order.indexOf(row.state))
		) {
			await this.#database.write(seen);
			return undefined;
		}
		const checkAtMs = order.indexOf(state) >= 0 ? this.#clock.now() + silenceMs : null;
		await this.#database.write([...seen, this.#change(row, state, reason, detail, checkAtMs)]);
		this.#tell(row, state, reason);
		return undefined;
	}

	/** @returns why the message was not believed, or `undefined` */
	async chunkAsked(
		machineId: string,
		{ commandId, offset, byteLength }: FirmwareRequestBody,
		seen: readonly Statement[],
	): Promise<string | undefined> {
		const row = await this.#row(commandId);
		if (row?.machine_id !== machineId || row.kind !== "firmware" || order.indexOf(row.state) < 0) {
			await this.#database.write(seen);
			return "unknown-command";
		}
		const { sha256 } = firmwareManifestBodySchema.parse(JSON.parse(row.body));
		const [found] = await this.#database.read("SELECT substr(image, ?, ?) AS part FROM firmware WHERE sha256 = ?", [
			offset + 1,
			byteLength,
			sha256,
		]);
		const part = found && z.object({ part: z.instanceof(ArrayBuffer) }).parse(found).part;
		if (!part || part.byteLength === 0) {
			await this.#database.write(seen);
			return "no-such-part";
		}
		const nowMs = this.#clock.now();
		await this.#database.write([
			...seen,
			this.#change(row, "running", "", row.detail, nowMs + silenceMs),
			publishLater(
				{
					machineId,
					to: "controller",
					topic: topics(machineId).firmwareChunk,
					body: { commandId, offset, data: encodeBase64url(new Uint8Array(part)) },
					log: null,
					saleId: "",
				},
				{ lane: `command-${commandId}`, nowMs, expiresAtMs: nowMs + messageLivesMs },
			),
		]);
		this.#onChange();
		return undefined;
	}

	async #row(commandId: string): Promise<Row | undefined> {
		const [row] = await this.#database.read("SELECT * FROM remote_command WHERE id = ?", [commandId]);
		return row && rowSchema.parse(row);
	}

	async #request(
		machineId: string,
		commandId: string,
		kind: Row["kind"],
		body: object,
		statements: readonly Statement[] = [],
	): Promise<string> {
		if (!(await this.#registry.find(machineId))) throw new RangeError(`There is no machine ${machineId}.`);
		const nowMs = this.#clock.now();
		await this.#database.write([
			...statements,
			{
				sql: `INSERT INTO remote_command (id, machine_id, kind, body, state, created_at_ms, changed_at_ms, check_at_ms)
					VALUES (?, ?, ?, ?, 'requested', ?, ?, ?)`,
				args: [commandId, machineId, kind, JSON.stringify(body), nowMs, nowMs, nowMs],
			},
		]);
		this.#log({ level: "info", room: "cloud", event: "command.requested", machineId, commandId, kind });
		this.kick();
		return commandId;
	}

	/** Sends what waits, asks again for hellos that did not come, and gives up what took too long. */
	async #look(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = (
			await this.#database.read(
				"SELECT * FROM remote_command WHERE check_at_ms IS NOT NULL ORDER BY check_at_ms, id LIMIT 100",
			)
		).map((row) => rowSchema.parse(row));
		const due = rows.filter(({ check_at_ms: atMs }) => atMs !== null && atMs <= nowMs);
		for (const row of due) await this.#lookAt(row, nowMs);
		if (due.length > 0) this.#onChange();
		return due.length > 0 ? nowMs : (rows[0]?.check_at_ms ?? undefined);
	}

	async #lookAt(row: Row, nowMs: number): Promise<void> {
		const begun = row.state === "received" || row.state === "running";
		const livesMs = row.kind === "action" ? actionLivesMs : updateLivesMs;
		if (begun || nowMs >= row.created_at_ms + livesMs) {
			const [state, reason] = begun ? (["failed", "silent"] as const) : (["expired", "machine-silent"] as const);
			await this.#database.write([this.#change(row, state, reason, row.detail, null)]);
			this.#tell(row, state, reason);
			return;
		}
		if (row.kind !== "action") {
			// Good whenever it comes; asked again now and then, since a machine that was away may have missed it.
			await this.#database.write([
				this.#change(row, "sent", "", "", nowMs + silenceMs),
				this.#publish(row, undefined, nowMs + silenceMs),
			]);
			this.#tell(row, "sent", "");
			return;
		}
		const request = randomId(this.#random);
		await this.#database.write([
			{
				sql: "UPDATE remote_command SET hello_request = ?, check_at_ms = ? WHERE id = ?",
				args: [request, nowMs + helloWithinMs, row.id],
			},
			publishLater(
				{
					machineId: row.machine_id,
					to: "controller",
					topic: topics(row.machine_id).helloRequest,
					body: { request },
					log: null,
					saleId: "",
				},
				{ lane: `command-${row.id}`, nowMs, expiresAtMs: nowMs + helloWithinMs },
			),
		]);
	}

	#publish(row: Row, nonce: string | undefined, expiresAtMs: number): Statement {
		const { remoteCommand, configurationUpdate, firmware } = topics(row.machine_id);
		const topic = { action: remoteCommand, configuration: configurationUpdate, firmware }[row.kind];
		return publishLater(
			{
				machineId: row.machine_id,
				to: "controller",
				topic,
				...(nonce === undefined ? {} : { nonce }),
				body: z.record(z.string(), z.unknown()).parse(JSON.parse(row.body)),
				log: null,
				saleId: "",
			},
			{ lane: `command-${row.id}`, nowMs: this.#clock.now(), expiresAtMs },
		);
	}

	#change(row: Row, state: RemoteCommandState, reason: string, detail: string, checkAtMs: number | null): Statement {
		return {
			sql: `UPDATE remote_command SET state = ?, reason = ?, detail = ?, changed_at_ms = ?, check_at_ms = ?
				WHERE id = ? AND state NOT IN ('done', 'failed', 'expired')`,
			args: [state, reason, detail, this.#clock.now(), checkAtMs, row.id],
		};
	}

	#tell(row: Row, state: RemoteCommandState, reason: string): void {
		this.#log({
			level: state === "failed" || state === "expired" ? "warn" : "info",
			room: "cloud",
			event: `command.${state}`,
			machineId: row.machine_id,
			commandId: row.id,
			kind: row.kind,
			...(reason === "" ? {} : { reason }),
		});
		this.#onChange();
		this.kick();
	}
}
