import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { isHealthBody } from "@visionvend/sdk/device/validators.generated";
import { keyFor, openEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement, Value } from "../db/database.ts";
import type { MachineKeys, MachineRegistry } from "../machines/machine-registry.ts";
import { isForgotten, type Moment, momentOf } from "../machines/status-message.ts";
import { TextsOutside } from "./texts-outside.ts";

/** How long a message waits for others that are stored with it. */
const gatherMs = 250;
/** Half of what a broker has under way to us, so that the other half can come while these are stored. */
const mostInOneBatch = 10_000;
/** Rows of one statement, of which the hundredth costs half of the first (measured). */
const rowsAtOnce = 100;
const retryAfterFailureMs = 1_000;

/** Who speaks on a topic, and how what it seals has to begin: the same object for all of its messages. */
interface Sender {
	readonly machineId: string;
	readonly iss: string;
	readonly aud: string;
	readonly topic: string;
}

interface Message {
	readonly sender: Sender;
	readonly payload: string;
}

interface Reading extends Moment {
	readonly machineId: string;
	/** Where the JSON of its `HealthBody` is among the batch's. */
	readonly body: number;
}

/** Messages that came one after the other and are taken together. */
interface Batch {
	/** How many there are in all. */
	size: number;
	/** Not opened yet, for want of keys. */
	readonly sealed: Message[];
	/** Opened and believed. */
	readings: Reading[];
	readonly bodies: TextsOutside;
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
	readonly #registry: Pick<MachineRegistry, "keys" | "rememberedKeys">;
	readonly #tracker: TaskTracker;
	readonly #onRejected: (machineId: string, topic: string, reason: string) => void;
	readonly #onStored: () => void;
	readonly #onError: (error: unknown) => void;
	/** By topic, of machines whose keys are known. */
	readonly #senders = new Map<string, Sender>();
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
		registry: Pick<MachineRegistry, "keys" | "rememberedKeys">;
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
		if (!batch || batch.size >= mostInOneBatch || batch === this.#stored) {
			batch = newBatch();
			this.#waiting.push(batch);
		}
		batch.size += 1;
		const sender = this.#senders.get(topic) ?? senderOn(topic);
		const keys = this.#registry.rememberedKeys(sender.machineId);
		// At once where that is possible: what is opened is half as large as what came.
		if (keys) this.#open(batch, sender, payload, keys);
		else batch.sealed.push({ sender, payload });
		if (batch.size >= mostInOneBatch) this.#storeSoon();
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
					while ((this.#waiting[0]?.size ?? 0) >= mostInOneBatch);
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
		for (let message = batch.sealed[0]; message; message = batch.sealed[0]) {
			const { sender, payload } = message;
			const keys = await this.#registry.keys(sender.machineId);
			if (keys) this.#senders.set(sender.topic, sender);
			this.#open(batch, sender, payload, keys);
			batch.sealed.shift();
		}
		if (batch.readings.length > 0) await this.#keep(batch);
		this.#waiting.shift();
		batch.onStored();
	}

	#open(batch: Batch, sender: Sender, payload: string, keys: MachineKeys | undefined): void {
		const refusal = read(batch, sender, payload, keys);
		if (refusal !== undefined) this.#onRejected(sender.machineId, sender.topic, refusal);
	}

	/** In one commit, since each machine has a page of its own in the index: the more come together, the fewer are written. */
	async #keep(batch: Batch): Promise<void> {
		const latest = await this.#latest(batch.readings);
		batch.readings = batch.readings.filter((reading) => {
			const refusal = refusalOf(reading, latest.get(reading.machineId));
			if (refusal === undefined) return true;
			this.#onRejected(reading.machineId, topics(reading.machineId).health, refusal);
			return false;
		});
		batch.readings.sort(byMachine);
		await this.#telemetry.write(insertions(batch, this.#clock.now()));
		await this.#tellNewest(batch, latest);
		this.#onStored();
	}

	/** The newest message of each machine, as its row tells of it. */
	async #latest(readings: readonly Reading[]): Promise<Map<string, Moment>> {
		const machineIds = [...new Set(readings.map(({ machineId }) => machineId))];
		const rows = await this.#database.read(
			`SELECT id, health_boot AS boot, health_seq AS seq FROM machine WHERE id IN (SELECT value FROM json_each(?))`,
			[JSON.stringify(machineIds)],
		);
		return new Map(rows.map((row) => latestSchema.parse(row)).map(({ id, ...moment }) => [id, moment]));
	}

	async #tellNewest(batch: Batch, latest: ReadonlyMap<string, Moment>): Promise<void> {
		const newest = new Map<string, Reading>();
		for (const reading of batch.readings) {
			const before = newest.get(reading.machineId) ?? latest.get(reading.machineId);
			if (before && isNewer(reading, before)) newest.set(reading.machineId, reading);
		}
		const newer = [...newest.values()];
		if (newer.length === 0) return;
		const list = newer.map(({ machineId, boot, seq, body }) => [machineId, boot, seq, batch.bodies.at(body)]);
		const args = [JSON.stringify(list), this.#clock.now()];
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

function senderOn(topic: string): Sender {
	const machineId = topic.split("/", 2)[1] ?? "";
	return { machineId, iss: partyName(machineId, "controller"), aud: "cloud", topic };
}

function newBatch(): Batch {
	let onStored = (): void => undefined;
	const stored = new Promise<void>((resolve) => {
		onStored = resolve;
	});
	return { size: 0, sealed: [], readings: [], bodies: new TextsOutside(), stored, onStored };
}

/** Opens a message and keeps what it says. @returns why it is not believed, where it is not */
function read(batch: Batch, sender: Sender, payload: string, keys: MachineKeys | undefined): string | undefined {
	if (!keys) return "unknown-machine";
	const opened = openEnvelope(keyFor(keys.fromController, payload), sender, payload);
	if (!opened.ok) return opened.refusal;
	const { jti, seq, body } = opened.claims;
	const moment = momentOf(jti, seq);
	if (!moment) return "bad-jti";
	if (!isHealthBody(body)) return "bad-body";
	const { machineId } = sender;
	batch.readings.push({ machineId, boot: moment.boot, seq, body: batch.bodies.add(JSON.stringify(body)) });
	return undefined;
}

/** @param latest the machine's newest message; `undefined` when there is no such machine any more */
function refusalOf(reading: Moment, latest: Moment | undefined): string | undefined {
	if (!latest) return "unknown-machine";
	// Of an earlier boot no sequence number is known to compare with.
	const known = { boot: latest.boot, seq: reading.boot === latest.boot ? latest.seq : null };
	return isForgotten(reading, known) ? "stale" : undefined;
}

function insertions({ readings, bodies }: Batch, nowMs: number): Statement[] {
	const statements: Statement[] = [];
	const whole = readings.length - (readings.length % rowsAtOnce);
	for (let from = 0; from < readings.length; ) {
		const rows = readings.slice(from, from + (from < whole ? rowsAtOnce : 1));
		statements.push({
			sql: rows.length === 1 ? insertOneRow : insertManyRows,
			// When it is written, so that not all of the batch is in memory as strings.
			get args() {
				const args: Value[] = [];
				for (const { machineId, boot, seq, body } of rows) args.push(machineId, boot, seq, nowMs, bodies.at(body));
				return args;
			},
		});
		from += rows.length;
	}
	return statements;
}

function insertion(rows: number): string {
	const values = Array.from({ length: rows }, () => "(?, ?, ?, ?, ?)").join(", ");
	return `INSERT INTO telemetry_raw (machine_id, boot, seq, at_ms, body) VALUES ${values} ON CONFLICT DO NOTHING`;
}

const insertOneRow = insertion(1);
const insertManyRows = insertion(rowsAtOnce);

/** As they lie in the index; those of one machine stay in their order. */
function byMachine(one: Reading, other: Reading): number {
	if (one.machineId === other.machineId) return 0;
	return one.machineId < other.machineId ? -1 : 1;
}

function isNewer(one: Moment, other: Moment): boolean {
	return one.boot > other.boot || (one.boot === other.boot && one.seq > other.seq);
}
