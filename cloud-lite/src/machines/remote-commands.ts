import { createHash } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { MAXIMUM_MESSAGE_BYTES } from "@visionvend/sdk/device/link/frame";
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
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import {
	configurationUpdateBodySchema,
	firmwareManifestBodySchema,
	remoteCommandBodySchema,
} from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { publishLater } from "../outbox/outbox-entry.ts";
import type { MachineRegistry } from "./machine-registry.ts";

/** What may be asked; what an action does not need is 0. */
export type RemoteRequest = Pick<RemoteCommandBody, "action"> & {
	readonly [what in "shelf" | "milligrams" | "minutes"]?: number | undefined;
};

export type RemoteCommandState = "requested" | "sent" | CommandStatusBody["state"];

/** How far a command has come. */
export interface RemoteCommand {
	readonly id: string;
	readonly machineId: string;
	readonly kind: "action" | "configuration" | "firmware";
	readonly state: RemoteCommandState;
	/** What was asked for, when it is an action; empty otherwise. */
	readonly action: string;
	/** Why it failed or expired; empty otherwise. */
	readonly reason: string;
	readonly detail: string;
	/** Who asked; empty: this program did. */
	readonly requestedBy: string;
	readonly createdAtMs: number;
	readonly changedAtMs: number;
}

/** Who asks for an action, and until when it is wanted. */
export interface Order {
	readonly requestedBy: string;
	readonly batchId?: string;
	readonly livesMs: number;
}

/** An action that was not begun by then is not wanted any more: whoever asked has gone to look. */
const actionLivesMs = 60_000;
/** Settings and firmware wait for a machine that is away. */
const updateLivesMs = 7 * 86_400_000;
const helloWithinMs = 10_000;
/** A machine that has begun and then says nothing for this long has failed. */
const silenceMs = 15 * 60_000;
const messageLivesMs = 15_000;
// The controller takes a nonce for 20 s of its own clock; the rest covers a clock that runs 5 % slow.
const nonceDiesAfterMs = 21_000;
const retryAfterStaleNonceMs = 2_000;
const mostAttempts = 20;
const mostAtOnce = 16;

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	kind: z.enum(["action", "configuration", "firmware"]),
	body: z.string(),
	state: z.enum(["requested", "sent", "received", "running", "done", "failed", "expired"]),
	reason: z.string(),
	detail: z.string(),
	created_at_ms: z.int(),
	changed_at_ms: z.int(),
	check_at_ms: z.int().nullable(),
	expires_at_ms: z.int().nullable(),
	requested_by: z.string(),
});
type Row = z.infer<typeof rowSchema>;

const order: readonly RemoteCommandState[] = Object.freeze(["requested", "sent", "received", "running"]);
/** Reasons that the cloud makes up when it hears nothing. The machine's word outweighs them, however late it comes. */
const guesses: readonly string[] = Object.freeze(["silent", "machine-silent"]);

/**
 * Asks machines for things and follows how far they come: requested, sent, received, running, then done, failed or
 * expired. An action needs a fresh nonce of its machine, so a hello goes first; settings and firmware carry versions
 * that only rise, and are good whenever they come.
 */
export class RemoteCommands extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #registry: MachineRegistry;
	readonly #log: Log;
	readonly #onChange: () => void;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			registry: MachineRegistry;
			log: Log;
			onChange: () => void;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#registry = options.registry;
		this.#log = options.log;
		this.#onChange = options.onChange;
	}

	/** @returns the command's id @throws RangeError when the machine is unknown or the request makes no sense */
	async send(machineId: string, request: RemoteRequest, order?: Order): Promise<string> {
		const commandId = randomId(this.#random);
		const body = sensible(remoteCommandBodySchema, {
			commandId,
			action: request.action,
			shelf: request.shelf ?? 0,
			milligrams: request.milligrams ?? 0,
			minutes: request.minutes ?? 0,
		});
		if (body.action === "service-start" && body.minutes === 0) {
			throw new RangeError("service-start needs minutes, 1 to 240.");
		}
		if (body.action === "calibrate" && body.milligrams === 0) {
			throw new RangeError("calibrate needs the milligrams that lie on the shelf.");
		}
		const ordered: Statement[] = order
			? [
					{
						sql: "UPDATE remote_command SET requested_by = ?, batch_id = ?, expires_at_ms = created_at_ms + ? WHERE id = ?",
						args: [order.requestedBy, order.batchId ?? null, order.livesMs, commandId],
					},
				]
			: [];
		return this.#request(machineId, commandId, "action", body, [], ordered);
	}

	/**
	 * Sends new settings; the version is one more than any that was sent before.
	 * @param also what is written with the command
	 * @returns the command's id
	 * @throws RangeError when the machine is unknown, or the settings make no sense or do not fit into one message
	 */
	async configure(
		machineId: string,
		settings: ControllerSettings,
		also: (commandId: string) => Statement[] = () => [],
	): Promise<string> {
		const commandId = randomId(this.#random);
		// The highest version stands for the one that is chosen as the row is written: two requests never share one.
		const body = sensible(configurationUpdateBodySchema, { commandId, version: 4_294_967_295, settings });
		await mustFit(machineId, body);
		return this.#request(machineId, commandId, "configuration", body, [], also(commandId));
	}

	/**
	 * Offers a signed image; the machine fetches it part by part.
	 * @param also what is written with the command
	 * @returns the command's id
	 * @throws RangeError when the machine is unknown, or the image is not the one that the manifest names
	 */
	async offerFirmware(
		machineId: string,
		manifest: Omit<FirmwareManifestBody, "commandId">,
		image: Uint8Array,
		also: (commandId: string) => Statement[] = () => [],
	): Promise<string> {
		const commandId = randomId(this.#random);
		const body = sensible(firmwareManifestBodySchema, { ...manifest, commandId });
		// Kept under this name for ever: whoever fetches another one would only learn of it at the end.
		if (image.length !== body.byteLength || createHash("sha256").update(image).digest("base64url") !== body.sha256) {
			throw new RangeError(
				`The image has ${image.length} bytes and is not the one that the manifest names: make the manifest anew.`,
			);
		}
		return this.#request(
			machineId,
			commandId,
			"firmware",
			body,
			[
				{
					sql: "INSERT INTO firmware (sha256, manifest, image, created_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
					args: [body.sha256, JSON.stringify(manifest), image, this.#clock.now()],
				},
			],
			also(commandId),
		);
	}

	async find(commandId: string): Promise<RemoteCommand | undefined> {
		const row = await this.#row(commandId);
		return row && commandOf(row);
	}

	/** Of one machine, newest first. */
	list(tenantId: string, machineId: string, query: ListQuery): Promise<Page<RemoteCommand>> {
		return readList(
			this.#database,
			{
				sql: `SELECT remote_command.* FROM remote_command JOIN machine ON machine.id = remote_command.machine_id
					WHERE machine.tenant_id = ? AND machine_id = ?`,
				args: [tenantId, machineId],
				key: ["created_at_ms", "id"],
			},
			query,
			(row) => commandOf(rowSchema.parse(row)),
		);
	}

	/** Of one batch; whose it is, is the caller's to know. */
	async ofBatch(batchId: string): Promise<RemoteCommand[]> {
		const rows = await this.#database.read("SELECT * FROM remote_command WHERE batch_id = ? ORDER BY machine_id", [
			batchId,
		]);
		return rows.map((row) => commandOf(rowSchema.parse(row)));
	}

	/** The hello that a command waited for has come. @returns whether there was such a command; then all is written. */
	async helloCame(
		machineId: string,
		request: string,
		nonce: string,
		statements: readonly Statement[],
	): Promise<boolean> {
		return this.#untilWritten(async () => {
			const [found] = await this.#database.read(
				"SELECT * FROM remote_command WHERE machine_id = ? AND hello_request = ? AND state IN ('requested', 'sent')",
				[machineId, request],
			);
			if (!found) return false;
			const row = rowSchema.parse(found);
			const nowMs = this.#clock.now();
			await this.#database.write([
				...statements,
				...this.#change(row, "sent", "", "", nowMs + helloWithinMs),
				this.#publish(row, nonce, nowMs + messageLivesMs),
			]);
			this.#tell(row, "sent", "");
			return true;
		});
	}

	/**
	 * The machine has said hello without being asked: it has started, or is back. What it may have missed goes out again.
	 * New settings and new firmware stay only when it hears the cloud within a minute, and so it is answered while it may
	 * be trying some; with the nonce of its hello, since what has none may be a copy.
	 */
	async machineCame(machineId: string, nonce: string): Promise<void> {
		const rows = (
			await this.#database.read(
				`SELECT * FROM remote_command WHERE machine_id = ? AND state IN ('requested', 'sent', 'received', 'running')
					ORDER BY created_at_ms, id LIMIT ?`,
				[machineId, mostAtOnce],
			)
		).map((row) => rowSchema.parse(row));
		const nowMs = this.#clock.now();
		for (const row of rows.filter(({ state }) => state === "requested" || state === "sent")) {
			await this.#orLeave(this.#change(row, row.state, "", "", nowMs, row.changed_at_ms));
		}
		const update = rows.find(({ kind, state }) => kind !== "action" && state !== "requested");
		if (update !== undefined) {
			await this.#database.write([this.#askHello(update, randomId(this.#random), nowMs, nonce)]);
		}
		// One after the other, so that a run that is played again has the same order.
		if (rows.length > 0) this.kick();
	}

	/** @returns why the message was not believed, or `undefined` */
	async statusCame(
		machineId: string,
		status: CommandStatusBody,
		seen: readonly Statement[],
	): Promise<string | undefined> {
		return this.#untilWritten(async () => {
			const row = await this.#row(status.commandId);
			if (row?.machine_id !== machineId) {
				await this.#database.write(seen);
				return "unknown-command";
			}
			const { state, reason, detail } = status;
			const nowMs = this.#clock.now();
			if (state === "expired" && row.kind === "action") {
				// Another command, or a sale, has used the nonce up. The machine has done nothing, and may still do it.
				const retry = row.state === "requested" || row.state === "sent";
				await this.#database.write([
					...seen,
					...(retry ? this.#change(row, row.state, "", "", nowMs + retryAfterStaleNonceMs) : []),
				]);
				this.kick();
				return undefined;
			}
			// What has ended stays so, and nothing goes back: messages may come late, and after a restart again.
			const rank = order.indexOf(state);
			if (isOver(row) || (rank >= 0 && rank < order.indexOf(row.state))) {
				await this.#database.write(seen);
				return undefined;
			}
			await this.#database.write([
				...seen,
				...this.#change(row, state, reason, detail, rank >= 0 ? nowMs + patienceMs(row) : null),
				...(rank >= 0 ? [] : [forgetMessages(row.id)]),
			]);
			this.#tell(row, state, reason);
			return undefined;
		});
	}

	/** @returns why the message was not believed, or `undefined` */
	async chunkAsked(
		machineId: string,
		{ commandId, offset, byteLength }: FirmwareRequestBody,
		seen: readonly Statement[],
	): Promise<string | undefined> {
		return this.#untilWritten(async () => {
			const row = await this.#row(commandId);
			if (row?.machine_id !== machineId || row.kind !== "firmware" || isOver(row)) {
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
				...this.#change(row, "running", "", row.detail, nowMs + silenceMs),
				// Thousands of parts in each update, and each is of use once.
				forgetMessages(commandId),
				publishLater(
					{
						machineId,
						to: "controller",
						topic: topics(machineId).firmwareChunk,
						body: { commandId, offset, data: encodeBase64url(new Uint8Array(part)) },
						log: null,
						saleId: "",
					},
					{ lane: laneOf(commandId), nowMs, expiresAtMs: nowMs + messageLivesMs },
				),
			]);
			this.#onChange();
			return undefined;
		});
	}

	/** Does it anew when the command has changed between reading and writing. */
	async #untilWritten<Result>(work: () => Promise<Result>): Promise<Result> {
		for (let attempt = 1; ; attempt += 1) {
			try {
				return await work();
			} catch (error) {
				if (!(error instanceof GuardFailed) || attempt >= mostAttempts) throw error;
			}
		}
	}

	/** @returns false when the command has changed meanwhile: whoever changed it knows better */
	async #orLeave(statements: readonly Statement[]): Promise<boolean> {
		try {
			await this.#database.write(statements);
			return true;
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			return false;
		}
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
		before: readonly Statement[] = [],
		after: readonly Statement[] = [],
	): Promise<string> {
		if (!(await this.#registry.find(machineId))) throw new RangeError(`There is no machine ${machineId}.`);
		const nowMs = this.#clock.now();
		await this.#database.write([
			...before,
			{
				sql: `INSERT INTO remote_command (id, machine_id, kind, body, state, created_at_ms, changed_at_ms, check_at_ms)
					VALUES (?, ?, ?, ?, 'requested', ?, ?, ?)`,
				args: [commandId, machineId, kind, JSON.stringify(body), nowMs, nowMs, nowMs],
			},
			...(kind === "configuration" ? [nextVersion(machineId, commandId)] : []),
			...after,
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
		const failures: unknown[] = [];
		for (const row of due) {
			try {
				await this.#lookAt(row, nowMs);
			} catch (error) {
				// A defect in one command must not keep the others waiting.
				failures.push(error);
			}
		}
		this.#onChange();
		if (failures.length > 0) throw failures[0];
		return due.length > 0 ? nowMs : (rows[0]?.check_at_ms ?? undefined);
	}

	async #lookAt(row: Row, nowMs: number): Promise<void> {
		const begun = row.state === "received" || row.state === "running";
		const livesMs = row.kind === "action" ? actionLivesMs : updateLivesMs;
		const isLate = nowMs >= (row.expires_at_ms ?? row.created_at_ms + livesMs);
		const nonceDiesAtMs = row.state === "sent" ? row.changed_at_ms + nonceDiesAfterMs : nowMs;
		if (isLate && row.kind === "action" && !begun && nowMs < nonceDiesAtMs) {
			// On its way, and good as long as its nonce is: not over yet.
			await this.#orLeave(this.#change(row, "sent", "", "", nonceDiesAtMs, row.changed_at_ms));
			return;
		}
		if (begun || isLate) {
			const [state, reason] = begun ? (["failed", "silent"] as const) : (["expired", "machine-silent"] as const);
			if (await this.#orLeave([...this.#change(row, state, reason, row.detail, null), forgetMessages(row.id)])) {
				this.#tell(row, state, reason);
			}
			return;
		}
		if (row.kind !== "action") {
			// Good whenever it comes; asked again now and then, since a machine that was away may have missed it.
			const sent = await this.#orLeave([
				...this.#change(row, "sent", "", "", nowMs + silenceMs),
				this.#publish(row, undefined, nowMs + silenceMs),
			]);
			if (sent) this.#tell(row, "sent", "");
			return;
		}
		const request = randomId(this.#random);
		await this.#orLeave([
			...this.#change(row, row.state, "", "", nowMs + helloWithinMs, row.changed_at_ms),
			{ sql: "UPDATE remote_command SET hello_request = ? WHERE id = ?", args: [request, row.id] },
			this.#askHello(row, request, nowMs),
		]);
	}

	/** `nonce`: of the hello that this answers, if any. */
	#askHello(row: Row, request: string, nowMs: number, nonce?: string): Statement {
		return publishLater(
			{
				machineId: row.machine_id,
				to: "controller",
				topic: topics(row.machine_id).helloRequest,
				...(nonce === undefined ? {} : { nonce }),
				body: { request },
				log: null,
				saleId: "",
			},
			{ lane: laneOf(row.id), nowMs, expiresAtMs: nowMs + helloWithinMs },
		);
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
			{ lane: laneOf(row.id), nowMs: this.#clock.now(), expiresAtMs },
		);
	}

	/** Over what was read: a batch in which the command is another one meanwhile is not written. */
	#change(
		row: Row,
		state: RemoteCommandState,
		reason: string,
		detail: string,
		checkAtMs: number | null,
		changedAtMs = this.#clock.now(),
	): Statement[] {
		return [
			{
				sql: `UPDATE remote_command SET state = ?, reason = ?, detail = ?, changed_at_ms = ?, check_at_ms = ?
					WHERE id = ? AND state = ? AND reason = ? AND changed_at_ms = ? AND check_at_ms IS ?`,
				args: [
					state,
					reason,
					detail,
					changedAtMs,
					checkAtMs,
					row.id,
					row.state,
					row.reason,
					row.changed_at_ms,
					row.check_at_ms,
				],
			},
			mustHaveChanged(`command ${row.id} is still ${row.state}`),
		];
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

function commandOf(row: Row): RemoteCommand {
	const { id, machine_id: machineId, kind, state, reason, detail, body } = row;
	return {
		id,
		machineId,
		kind,
		state,
		action: kind === "action" ? remoteCommandBodySchema.parse(JSON.parse(body)).action : "",
		reason,
		detail,
		requestedBy: row.requested_by,
		createdAtMs: row.created_at_ms,
		changedAtMs: row.changed_at_ms,
	};
}

/** Ended, by the word of the machine. */
function isOver({ state, reason }: Row): boolean {
	return order.indexOf(state) < 0 && !guesses.includes(reason);
}

/** How long a machine that has begun may say nothing. */
function patienceMs({ kind, body }: Row): number {
	if (kind !== "action") return silenceMs;
	return remoteCommandBodySchema.parse(JSON.parse(body)).minutes * 60_000 + silenceMs;
}

function laneOf(commandId: string): string {
	return `command-${commandId}`;
}

/** What has left for this command, or never will, is of no more use. */
function forgetMessages(commandId: string): Statement {
	return {
		sql: "DELETE FROM outbox WHERE lane = ? AND kind = 'publish' AND state <> 'pending'",
		args: [laneOf(commandId)],
	};
}

/** Right after the row of new settings was written: its version becomes one more than any of this machine's. */
function nextVersion(machineId: string, commandId: string): Statement {
	return {
		sql: `UPDATE remote_command SET body = json_set(body, '$.version', 1 + MAX(
				(SELECT configuration FROM machine WHERE id = ?1),
				COALESCE((SELECT MAX(json_extract(body, '$.version')) FROM remote_command
					WHERE machine_id = ?1 AND kind = 'configuration' AND id <> ?2), 0)))
			WHERE id = ?2`,
		args: [machineId, commandId],
	};
}

function sensible<Body>(schema: z.ZodType<Body>, value: unknown): Body {
	const parsed = schema.safeParse(value);
	if (!parsed.success) throw new RangeError(`the request makes no sense:\n${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

/** A message that the wire between pi and controller carries is one that every way to a controller carries. */
async function mustFit(machineId: string, body: unknown): Promise<void> {
	const topic = topics(machineId).configurationUpdate;
	const longest = Number.MAX_SAFE_INTEGER;
	const claims = {
		iss: "cloud",
		aud: partyName(machineId, "controller"),
		jti: `${longest}`,
		seq: longest,
		topic,
		iat: 9_999_999_999,
		exp: 9_999_999_999,
		body,
	};
	const token = await sealEnvelope({ kid: "cloud-controller.999", key: new Uint8Array(32) }, claims);
	const length = 1 + topic.length + token.length;
	if (length <= MAXIMUM_MESSAGE_BYTES) return;
	throw new RangeError(
		`The settings take ${length} bytes of a message's ${MAXIMUM_MESSAGE_BYTES}. Send them in several updates, one after the other.`,
	);
}
