import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { keyFor, openEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { healthBodySchema } from "@visionvend/sdk/protocol/messages";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { MachineKeys, MachineRegistry } from "../machines/machine-registry.ts";
import { isForgotten, type Moment, momentOf } from "../machines/status-message.ts";

/** How long a message waits for others that are stored with it. */
const gatherMs = 250;
/** Half of what a broker has under way to us, so that the other half can come while these are stored. */
const mostInOneBatch = 5_000;
/** So many are opened before anything else runs: some 10 ms. */
const mostAtOnce = 1_000;
const retryAfterFailureMs = 1_000;

interface Message {
	readonly machineId: string;
	readonly topic: string;
	readonly payload: string;
}

interface Reading extends Moment {
	readonly machineId: string;
	/** JSON of a `HealthBody`. */
	readonly body: string;
}

/** Messages that came one after the other and are taken together. */
interface Batch {
	/** Not opened yet. */
	readonly messages: Message[];
	/** Opened and believed. */
	readonly readings: Reading[];
	/** Resolves when all of it is stored. */
	readonly stored: Promise<void>;
	readonly onStored: () => void;
}

const latestSchema = z.object({ id: z.string(), boot: z.int(), seq: z.int() });

/**
 * Takes in what machines measure, many messages in one commit. A message counts once, by machine, boot and sequence
 * number, whoever of several instances gets it; one that is older than the newest is kept, and changes nothing else.
 * The broker keeps a message until it is stored: what was not when the process is killed comes again, and while the disk
 * does not keep up, the broker waits.
 */
export class TelemetryIngest {
	readonly #database: Database;
	readonly #telemetry: Database;
	readonly #clock: Clock;
	readonly #registry: Pick<MachineRegistry, "keys">;
	readonly #tracker: TaskTracker;
	readonly #onRejected: (machineId: string, topic: string, reason: string) => void;
	readonly #onStored: () => void;
	readonly #onError: (error: unknown) => void;
	/** The one before the others is being stored; the last is being filled. */
	readonly #waiting: Batch[] = [];
	/** The batch that is being stored, or was last. */
	#stored: Batch | undefined;
	#storing = false;
	#closed = false;
	#cancelTimer: (() => void) | undefined;

	/** `database`: where machines are. `telemetry`: where measurements go. `onStored`: some have. */
	constructor(options: {
		database: Database;
		telemetry: Database;
		clock: Clock;
		registry: Pick<MachineRegistry, "keys">;
		tracker: TaskTracker;
		onRejected: (machineId: string, topic: string, reason: string) => void;
		onStored: () => void;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#telemetry = options.telemetry;
		this.#clock = options.clock;
		this.#registry = options.registry;
		this.#tracker = options.tracker;
		this.#onRejected = options.onRejected;
		this.#onStored = options.onStored;
		this.#onError = options.onError;
	}

	/**
	 * Subscribes; the broker need not be there yet.
	 * @param shareName where several instances split the work (MQTT 5 section 4.8.2): the same name in all of them
	 */
	async open(broker: MessageBroker, shareName: string | undefined): Promise<void> {
		const filter = topics("+").health;
		try {
			await broker.subscribe(shareName === undefined ? filter : `$share/${shareName}/${filter}`, (topic, payload) =>
				this.receive(topic, payload),
			);
		} catch (error) {
			if (!this.#closed) throw error;
		}
	}

	/** @returns resolves when the message is stored, or not believed; never, once closed */
	receive(topic: string, payload: string): Promise<void> {
		if (this.#closed) return new Promise(() => undefined);
		let batch = this.#waiting.at(-1);
		if (!batch || batch.messages.length >= mostInOneBatch || batch === this.#stored) {
			batch = newBatch();
			this.#waiting.push(batch);
		}
		batch.messages.push({ machineId: topic.split("/", 2)[1] ?? "", topic, payload });
		if (batch.messages.length >= mostInOneBatch) this.#storeSoon();
		else this.#storeAfter(gatherMs);
		return batch.stored;
	}

	/** Stores what waits, and takes nothing in any more. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#cancelTimer?.();
		await this.#tracker.idle();
		await this.#storeAll();
	}

	#storeAfter(delayMs: number): void {
		if (this.#closed) return;
		this.#cancelTimer ??= this.#clock.after(delayMs, () => this.#storeSoon());
	}

	#storeSoon(): void {
		// First, for a timer that has run out while others are stored must not pass for one that still runs.
		this.#cancelTimer?.();
		this.#cancelTimer = undefined;
		if (this.#storing) return;
		this.#storing = true;
		this.#tracker.run(
			async () => {
				try {
					do await this.#storeOne();
					while ((this.#waiting[0]?.messages.length ?? 0) >= mostInOneBatch);
				} finally {
					this.#storing = false;
				}
				if (this.#waiting.length > 0) this.#storeAfter(gatherMs);
			},
			(error) => {
				this.#storeAfter(retryAfterFailureMs);
				this.#onError(error);
			},
		);
	}

	async #storeAll(): Promise<void> {
		while (this.#waiting.length > 0) await this.#storeOne();
	}

	/** Stores the batch that has waited longest. Where it throws, what is not stored of it is next time. */
	async #storeOne(): Promise<void> {
		const [batch] = this.#waiting;
		if (!batch) return;
		this.#stored = batch;
		while (batch.messages.length > 0) {
			batch.readings.push(...(await this.#open(batch.messages.slice(0, mostAtOnce))));
			batch.messages.splice(0, mostAtOnce);
		}
		await this.#keep(batch.readings);
		this.#waiting.shift();
		batch.onStored();
	}

	/** @returns those that are believed */
	async #open(messages: readonly Message[]): Promise<Reading[]> {
		const keys = new Map<string, MachineKeys | undefined>();
		for (const { machineId } of messages) {
			if (!keys.has(machineId)) keys.set(machineId, await this.#registry.keys(machineId));
		}
		const latest = await this.#latest([...keys.keys()]);
		const readings: Reading[] = [];
		for (const message of messages) {
			const { machineId, topic } = message;
			const reading = readingOf(message, keys.get(machineId), latest.get(machineId));
			if (typeof reading === "string") this.#onRejected(machineId, topic, reading);
			else readings.push(reading);
		}
		return readings;
	}

	/** The newest message of each machine that its row tells of. */
	async #latest(machineIds: readonly string[]): Promise<Map<string, Moment>> {
		const rows = await this.#database.read(
			`SELECT id, health_boot AS boot, health_seq AS seq FROM machine WHERE id IN (SELECT value FROM json_each(?))`,
			[JSON.stringify(machineIds)],
		);
		return new Map(rows.map((row) => latestSchema.parse(row)).map(({ id, ...moment }) => [id, moment]));
	}

	/** In one commit, since each machine has a page of its own in the index: the more come together, the fewer are written. */
	async #keep(readings: readonly Reading[]): Promise<void> {
		if (readings.length === 0) return;
		await this.#telemetry.write([
			{
				sql: `INSERT INTO telemetry_raw (machine_id, boot, seq, at_ms, body)
					SELECT value->>0, value->>1, value->>2, ?2, value->>3 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
				args: [listOf(readings), this.#clock.now()],
			},
		]);
		const newest = new Map<string, Reading>();
		for (const reading of readings) {
			const before = newest.get(reading.machineId);
			if (!before || isNewer(reading, before)) newest.set(reading.machineId, reading);
		}
		await this.#tellNewest(newest);
		this.#onStored();
	}

	async #tellNewest(newest: ReadonlyMap<string, Reading>): Promise<void> {
		const latest = await this.#latest([...newest.keys()]);
		const newer = [...newest.values()].filter((reading) => {
			const known = latest.get(reading.machineId);
			return known !== undefined && isNewer(reading, known);
		});
		if (newer.length === 0) return;
		const args = [listOf(newer), this.#clock.now()];
		await this.#database.write([
			{
				sql: `UPDATE machine SET health = seen.health, health_at_ms = ?2, health_boot = seen.boot, health_seq = seen.seq,
						last_seen_at_ms = ?2, boot = MAX(machine.boot, seen.boot)
					FROM (SELECT value->>0 AS id, value->>1 AS boot, value->>2 AS seq, value->>3 AS health
						FROM json_each(?1)) AS seen
					WHERE machine.id = seen.id AND (machine.health_boot, machine.health_seq) < (seen.boot, seen.seq)`,
				args,
			},
			{
				sql: `UPDATE device SET last_seen_at_ms = ?2
					WHERE id IN (SELECT (value->>0) || '-controller' FROM json_each(?1)) AND last_seen_at_ms < ?2`,
				args,
			},
		]);
	}
}

function newBatch(): Batch {
	let onStored = (): void => undefined;
	const stored = new Promise<void>((resolve) => {
		onStored = resolve;
	});
	return { messages: [], readings: [], stored, onStored };
}

/**
 * Opens a message.
 * @param latest the machine's newest message
 * @returns what it says, or why it is not believed
 */
function readingOf(
	{ machineId, topic, payload }: Message,
	keys: MachineKeys | undefined,
	latest: Moment | undefined,
): Reading | string {
	if (!keys || !latest) return "unknown-machine";
	const expected = { iss: partyName(machineId, "controller"), aud: "cloud", topic };
	const opened = openEnvelope(keyFor(keys.fromController, payload), expected, payload);
	if (!opened.ok) return opened.refusal;
	const { jti, seq, body } = opened.claims;
	const moment = momentOf(jti, seq);
	if (!moment) return "bad-jti";
	const health = healthBodySchema.safeParse(body);
	if (!health.success) return "bad-body";
	// Of an earlier boot no sequence number is known to compare with.
	const known = { boot: latest.boot, seq: moment.boot === latest.boot ? latest.seq : null };
	if (isForgotten(moment, known)) return "stale";
	return { machineId, ...moment, body: JSON.stringify(health.data) };
}

function isNewer(one: Moment, other: Moment): boolean {
	return one.boot > other.boot || (one.boot === other.boot && one.seq > other.seq);
}

/** One JSON argument for a whole batch: a third of the time that an argument for each value takes (measured). */
function listOf(readings: readonly Reading[]): string {
	return JSON.stringify(readings.map(({ machineId, boot, seq, body }) => [machineId, boot, seq, body]));
}
