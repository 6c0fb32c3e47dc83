import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import type { Log } from "@visionvend/sdk/log";
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import { type Database, mustHaveChanged } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { messageOf } from "../http/error-message.ts";
import type { Metrics } from "../http/metrics.ts";
import type { MachineRegistry } from "../machines/machine-registry.ts";
import type { PaymentRunner } from "../payments/payment-runner.ts";
import { backoffMs } from "./backoff.ts";
import { DueWork, type DueWorkPorts } from "./due-work.ts";
import { Lanes } from "./lanes.ts";
import { type PublishPayload, publishPayloadSchema } from "./outbox-entry.ts";

const mostPublishFailures = 10;
const longestWaitMs = 60_000;
const mostAtOnce = 100;
const pauseAfterErrorMs = 5_000;
const defaultLifeMs = 3_600_000;

const rowSchema = z.object({
	id: z.int(),
	kind: z.enum(["publish", "payment"]),
	lane: z.string(),
	operation: z.string().nullable(),
	payload: z.string(),
	attempts: z.int(),
	created_at_ms: z.int(),
	expires_at_ms: z.int().nullable(),
});
const momentSchema = z.object({ at: z.int().nullable() });
type Row = z.infer<typeof rowSchema>;

/**
 * Lets the effects that were committed leave: messages to the broker, operations to the payment provider. At least
 * once; the receivers recognise repetitions by `jti` and idempotency key, which stay the same.
 */
export class Outbox extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #broker: MessageBroker;
	readonly #registry: MachineRegistry;
	readonly #payments: PaymentRunner;
	readonly #tracker: TaskTracker;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #lanes: Lanes;
	readonly #underWay = new Set<number>();
	#closed = false;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			broker: MessageBroker;
			registry: MachineRegistry;
			payments: PaymentRunner;
			log: Log;
			metrics: Metrics;
		},
	) {
		super({ ...options, work: () => this.#leave() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#broker = options.broker;
		this.#registry = options.registry;
		this.#payments = options.payments;
		this.#tracker = options.tracker;
		this.#log = options.log;
		this.#metrics = options.metrics;
		this.#lanes = new Lanes(options.tracker, options.onError);
	}

	/** Nothing waits out its backoff any more: the process has just started, or the broker is back. */
	async retryNow(kind?: "publish"): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE outbox SET due_at_ms = ?1 WHERE state = 'pending' AND due_at_ms > ?1 AND (?2 IS NULL OR kind = ?2)`,
				args: [this.#clock.now(), kind ?? null],
			},
		]);
		this.kick();
	}

	/** One more try for a message of the tenant's machines that was given up; false where there is none. */
	async replay(tenantId: string, id: number): Promise<boolean> {
		try {
			await this.#database.write([
				{
					sql: `UPDATE outbox SET state = 'pending', attempts = 0, due_at_ms = ?1, last_error = NULL
						WHERE id = ?2 AND state = 'dead'
							AND payload ->> '$.machineId' IN (SELECT id FROM machine WHERE tenant_id = ?3)`,
					args: [this.#clock.now(), id, tenantId],
				},
				mustHaveChanged("the message was given up"),
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			return false;
		}
		this.kick();
		return true;
	}

	async pending(): Promise<number> {
		const [row] = await this.#database.read("SELECT COUNT(*) AS pending FROM outbox WHERE state = 'pending'");
		return z.object({ pending: z.int() }).parse(row).pending;
	}

	override close(): void {
		this.#closed = true;
		super.close();
	}

	async #leave(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		// Messages wait for the broker, not for the clock, while it is away; except that those that expire meanwhile go.
		const waiting = "state = 'pending' AND (kind = 'payment' OR ?1 OR expires_at_ms <= ?2)";
		const args = [this.#broker.connected ? 1 : 0, nowMs];
		const rows = await this.#database.read(
			`SELECT * FROM outbox WHERE ${waiting} AND due_at_ms <= ?2 AND id NOT IN (SELECT value FROM json_each(?3))
				ORDER BY due_at_ms, id LIMIT ?4`,
			[...args, JSON.stringify([...this.#underWay]), mostAtOnce],
		);
		const due = rows.map((row) => rowSchema.parse(row)).sort((one, other) => one.id - other.id);
		for (const row of due) {
			this.#underWay.add(row.id);
			this.#lanes.enter(row.lane, () => this.#handle(row));
		}
		// As many as are looked at in one go: there may be more behind them.
		if (due.length >= mostAtOnce) return nowMs;
		const [next] = await this.#database.read(
			`SELECT MIN(due_at_ms) AS at FROM outbox WHERE ${waiting} AND due_at_ms > ?2`,
			args,
		);
		return momentSchema.parse(next).at ?? undefined;
	}

	async #handle(row: Row): Promise<void> {
		try {
			if (row.operation === null) {
				await this.#publish(row);
				return;
			}
			await this.#payments.run(row.operation);
			this.#underWay.delete(row.id);
			this.kick();
		} catch (error) {
			// A defect or a full disk, not the network: it must not spin.
			this.#clock.after(pauseAfterErrorMs, () => {
				this.#underWay.delete(row.id);
				this.kick();
			});
			throw error;
		}
	}

	async #publish(row: Row): Promise<void> {
		if (this.#closed) return;
		const nowMs = this.#clock.now();
		if (row.expires_at_ms !== null && row.expires_at_ms <= nowMs) {
			await this.#settle(row, "expired", null);
			return;
		}
		const message = publishPayloadSchema.parse(JSON.parse(row.payload));
		let token: string;
		try {
			token = await this.#seal(row, message, nowMs);
		} catch (error) {
			await this.#settle(row, "dead", messageOf(error));
			return;
		}
		if (message.log !== null) {
			this.#log({
				level: "info",
				room: "cloud",
				event: message.log,
				saleId: message.saleId,
				machineId: message.machineId,
				...(row.attempts > 0 ? { attempt: row.attempts + 1 } : {}),
			});
		}
		// Not awaited here: a task must not wait for the network's time. The acknowledgement starts a task of its own.
		this.#broker.publish(message.topic, token).then(
			() => this.#after(() => this.#settle(row, "done", null)),
			(error: unknown) => this.#after(() => this.#failed(row, messageOf(error))),
		);
	}

	async #seal(row: Row, { machineId, to, topic, nonce, body }: PublishPayload, nowMs: number): Promise<string> {
		const keys = await this.#registry.keys(machineId);
		if (!keys) throw new Error(`machine ${machineId} is not registered`);
		const issuedAt = Math.floor(nowMs / 1000);
		return sealEnvelope(to === "controller" ? keys.toController : keys.toPi, {
			iss: "cloud",
			aud: partyName(machineId, to),
			jti: `${row.id}`,
			seq: row.id,
			topic,
			...(nonce === undefined ? {} : { nonce }),
			iat: issuedAt,
			exp: Math.ceil((row.expires_at_ms ?? nowMs + defaultLifeMs) / 1000),
			body,
		});
	}

	#after(task: () => Promise<void>): void {
		if (this.#closed) return;
		this.#tracker.run(task, (error) =>
			this.#log({ level: "error", room: "cloud", event: "error", message: messageOf(error) }),
		);
	}

	async #failed(row: Row, reason: string): Promise<void> {
		const failures = row.attempts + 1;
		if (!this.#broker.connected) {
			// The broker's absence is not the message's fault. It leaves when the broker is back.
			this.#underWay.delete(row.id);
			this.kick();
			return;
		}
		if (failures >= mostPublishFailures) {
			await this.#settle(row, "dead", reason);
			return;
		}
		await this.#database.write([
			{
				sql: "UPDATE outbox SET attempts = ?, due_at_ms = ?, last_error = ? WHERE id = ?",
				args: [failures, this.#clock.now() + backoffMs(failures, longestWaitMs), reason, row.id],
			},
		]);
		this.#underWay.delete(row.id);
		this.kick();
	}

	async #settle(row: Row, state: "done" | "expired" | "dead", reason: string | null): Promise<void> {
		await this.#database.write([
			{ sql: "UPDATE outbox SET state = ?, last_error = ? WHERE id = ?", args: [state, reason, row.id] },
		]);
		this.#underWay.delete(row.id);
		if (state !== "dead") return;
		this.#metrics.effectDied(row.kind);
		this.#log({ level: "error", room: "cloud", event: "outbox.dead", id: row.id, lane: row.lane, reason });
	}
}
