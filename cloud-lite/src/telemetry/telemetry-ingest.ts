import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { healthBodySchema } from "@visionvend/sdk/protocol/messages";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { MachineRegistry } from "../machines/machine-registry.ts";
import { isForgotten, type Moment, momentOf } from "../machines/status-message.ts";

/** How long a message waits for others that are stored with it. */
const gatherMs = 250;
const mostInOneBatch = 1_000;
/** About 20 MB of messages. More than that comes only when the disk does not keep up; the machines say it again. */
const mostWaiting = 50_000;
const retryAfterFailureMs = 1_000;

interface Reading extends Moment {
	readonly machineId: string;
	/** JSON of a `HealthBody`. */
	readonly body: string;
}

const latestSchema = z.object({ id: z.string(), boot: z.int(), seq: z.int() });

/**
 * Takes in what machines measure, many messages in one commit. A message counts once, by machine, boot and sequence
 * number, whoever of several instances gets it; one that is older than the newest is kept, and changes nothing else.
 * What is gathered and not stored yet is lost when the process is killed: at most the last quarter of a second.
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
	#waiting: Reading[] = [];
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

	receive(topic: string, payload: string): void {
		if (this.#closed) return;
		this.#tracker.run(async () => {
			const machineId = topic.split("/", 2)[1] ?? "";
			const refusal = await this.#take(machineId, topic, payload);
			if (refusal !== undefined) this.#onRejected(machineId, topic, refusal);
		}, this.#onError);
	}

	/** Stores what waits, and takes nothing in any more. */
	async close(): Promise<void> {
		this.#closed = true;
		this.#cancelTimer?.();
		await this.#tracker.idle();
		await this.#storeAll();
	}

	/** @returns why the message was not believed, or `undefined` */
	async #take(machineId: string, topic: string, payload: string): Promise<string | undefined> {
		const keys = await this.#registry.keys(machineId);
		if (!keys) return "unknown-machine";
		if (this.#waiting.length >= mostWaiting) return "overrun";
		const opened = openEnvelope(
			keys.fromController,
			{ iss: partyName(machineId, "controller"), aud: "cloud", topic },
			payload,
		);
		if (!opened.ok) return opened.refusal;
		const { jti, seq, body } = opened.claims;
		const moment = momentOf(jti, seq);
		if (!moment) return "bad-jti";
		const health = healthBodySchema.safeParse(body);
		if (!health.success) return "bad-body";
		this.#waiting.push({ machineId, ...moment, body: JSON.stringify(health.data) });
		if (this.#waiting.length >= mostInOneBatch) this.#storeSoon();
		else this.#storeAfter(gatherMs);
		return undefined;
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
					while (this.#waiting.length >= mostInOneBatch);
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

	async #storeOne(): Promise<void> {
		const batch = this.#waiting.splice(0, mostInOneBatch);
		try {
			await this.#store(batch);
		} catch (error) {
			this.#waiting = [...batch, ...this.#waiting];
			throw error;
		}
	}

	async #store(batch: readonly Reading[]): Promise<void> {
		const nowMs = this.#clock.now();
		const ids = [...new Set(batch.map(({ machineId }) => machineId))];
		const rows = await this.#database.read(
			`SELECT id, health_boot AS boot, health_seq AS seq FROM machine WHERE id IN (SELECT value FROM json_each(?))`,
			[JSON.stringify(ids)],
		);
		const latest = new Map(rows.map((row) => latestSchema.parse(row)).map(({ id, ...moment }) => [id, moment]));
		const kept: Reading[] = [];
		const newest = new Map<string, Reading>();
		for (const reading of batch) {
			const known = latest.get(reading.machineId);
			const before = newest.get(reading.machineId) ?? known;
			if (known === undefined || before === undefined) continue;
			// Of an earlier boot no sequence number is known to compare with.
			if (isForgotten(reading, { boot: known.boot, seq: reading.boot === known.boot ? known.seq : null })) {
				this.#onRejected(reading.machineId, topics(reading.machineId).health, "stale");
				continue;
			}
			kept.push(reading);
			if (isNewer(reading, before)) newest.set(reading.machineId, reading);
		}
		await this.#telemetry.write([
			{
				sql: `INSERT INTO telemetry_raw (machine_id, boot, seq, at_ms, body)
					SELECT value->>0, value->>1, value->>2, ?2, value->>3 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
				args: [listOf(kept), nowMs],
			},
		]);
		if (newest.size > 0) {
			await this.#database.write([
				{
					sql: `UPDATE machine SET health = seen.health, health_at_ms = ?2, health_boot = seen.boot, health_seq = seen.seq,
							last_seen_at_ms = ?2, boot = MAX(machine.boot, seen.boot)
						FROM (SELECT value->>0 AS id, value->>1 AS boot, value->>2 AS seq, value->>3 AS health
							FROM json_each(?1)) AS seen
						WHERE machine.id = seen.id AND (machine.health_boot, machine.health_seq) < (seen.boot, seen.seq)`,
					args: [listOf([...newest.values()]), nowMs],
				},
				{
					sql: `UPDATE device SET last_seen_at_ms = ?2
						WHERE id IN (SELECT (value->>0) || '-controller' FROM json_each(?1)) AND last_seen_at_ms < ?2`,
					args: [listOf([...newest.values()]), nowMs],
				},
			]);
		}
		this.#onStored();
	}
}

function isNewer(one: Moment, other: Moment): boolean {
	return one.boot > other.boot || (one.boot === other.boot && one.seq > other.seq);
}

/** One JSON argument for a whole batch: a third of the time that an argument for each value takes (measured). */
function listOf(readings: readonly Reading[]): string {
	return JSON.stringify(readings.map(({ machineId, boot, seq, body }) => [machineId, boot, seq, body]));
}
