import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { messageOf } from "../http/error-message.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { CircuitBreakers } from "./circuit-breaker.ts";
import type { Courier } from "./courier.ts";
import { type Delivery, type DeliveryKind, deliveryOf } from "./delivery.ts";
import { RequestRefused } from "./guarded-sender.ts";
import type { Outcome } from "./outcome.ts";

// Longer than the slowest attempt, so that a delivery whose carrier died is taken up again.
const leaseMs = 60_000;
const mostAtOnce = 20;
const nextSchema = z.object({ at: z.int().nullable() });

/**
 * Carries what waits in table `delivery` to the outside: at least once, with growing pauses after failures, and with a
 * circuit breaker a service. What cannot be delivered stays visible as dead until somebody replays it. Several instances
 * may work on one database: each delivery is leased by one of them.
 */
export class Deliveries extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #couriers: Readonly<Record<DeliveryKind, Courier>>;
	readonly #breakers: CircuitBreakers;
	readonly #tracker: TaskTracker;
	readonly #log: Log;
	readonly #onError: (error: unknown) => void;
	readonly #underWay = new Set<number>();

	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			couriers: Readonly<Record<DeliveryKind, Courier>>;
			log: Log;
		},
	) {
		super({ ...options, work: () => this.#look() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#couriers = options.couriers;
		this.#breakers = new CircuitBreakers(options.clock);
		this.#tracker = options.tracker;
		this.#log = options.log;
		this.#onError = options.onError;
	}

	/** Services that are not asked now, for they failed too often. */
	get openCircuits(): readonly string[] {
		return this.#breakers.open();
	}

	/**
	 * A delivery that is dead, or was made, goes out once more, with its old message id.
	 * @returns false when there is none that could be replayed
	 */
	async replay(tenantId: string, id: number): Promise<boolean> {
		try {
			await this.#database.write([
				{
					sql: `UPDATE delivery SET state = 'pending', attempts = 0, due_at_ms = ?1, leased_until_ms = 0,
							finished_at_ms = NULL, last_error = NULL
						WHERE id = ?2 AND tenant_id = ?3 AND state <> 'pending'`,
					args: [this.#clock.now(), id, tenantId],
				},
				mustHaveChanged(`delivery ${id} has ended`),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) return false;
			throw error;
		}
		this.kick();
		return true;
	}

	async #look(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			`SELECT * FROM delivery WHERE state = 'pending' AND due_at_ms <= ?1 AND leased_until_ms <= ?1
				ORDER BY due_at_ms, id LIMIT ?2`,
			[nowMs, mostAtOnce + this.#underWay.size],
		);
		const due = rows.map(deliveryOf).filter(({ id }) => !this.#underWay.has(id));
		for (const delivery of due) {
			this.#underWay.add(delivery.id);
			this.#tracker.run(() => this.#carry(delivery), this.#onError);
		}
		const [row] = await this.#database.read(
			`SELECT MIN(MAX(due_at_ms, leased_until_ms)) AS at FROM delivery
				WHERE state = 'pending' AND MAX(due_at_ms, leased_until_ms) > ?`,
			[nowMs],
		);
		return nextSchema.parse(row).at ?? undefined;
	}

	async #carry(delivery: Delivery): Promise<void> {
		try {
			if (await this.#lease(delivery)) await this.#attempt(delivery);
		} finally {
			this.#underWay.delete(delivery.id);
			this.kick();
		}
	}

	async #lease({ id, attempts }: Delivery): Promise<boolean> {
		const nowMs = this.#clock.now();
		try {
			await this.#database.write([
				{
					// Not the same attempts: another instance was quicker, and has failed.
					sql: `UPDATE delivery SET leased_until_ms = ?1
						WHERE id = ?2 AND state = 'pending' AND attempts = ?3 AND leased_until_ms <= ?4 AND due_at_ms <= ?4`,
					args: [nowMs + leaseMs, id, attempts, nowMs],
				},
				mustHaveChanged(`delivery ${id} is free`),
			]);
			return true;
		} catch (error) {
			if (error instanceof GuardFailed) return false;
			throw error;
		}
	}

	async #attempt(delivery: Delivery): Promise<void> {
		const courier = this.#couriers[delivery.kind];
		const attempt = await courier.prepare(delivery);
		if (!("make" in attempt)) {
			await this.#settle(delivery, courier, attempt);
			return;
		}
		const blockedUntilMs = this.#breakers.blockedUntilMs(attempt.service);
		if (blockedUntilMs !== undefined) {
			await this.#write(delivery, [["due_at_ms", blockedUntilMs]]);
			return;
		}
		const outcome = await outcomeOfAttempt(() => attempt.make());
		if (outcome.kind === "retry") this.#breakers.failed(attempt.service);
		else this.#breakers.succeeded(attempt.service);
		await this.#settle(delivery, courier, outcome);
	}

	async #settle(delivery: Delivery, courier: Courier, outcome: Outcome): Promise<void> {
		const nowMs = this.#clock.now();
		const attempts = delivery.attempts + 1;
		const { tenantId, kind, id, destinationId } = delivery;
		if (outcome.kind === "delivered") {
			await this.#write(delivery, [
				["state", "delivered"],
				["attempts", attempts],
				["finished_at_ms", nowMs],
				["last_error", null],
			]);
			return;
		}
		const waitMs = outcome.kind === "retry" ? courier.waitsMs[attempts - 1] : undefined;
		if (outcome.kind === "retry" && waitMs !== undefined) {
			const wanted = Math.max(waitMs + this.#jitterMs(waitMs), outcome.retryAfterMs ?? 0);
			await this.#write(delivery, [
				["attempts", attempts],
				["due_at_ms", nowMs + wanted],
				["last_error", outcome.reason],
			]);
			return;
		}
		await this.#write(delivery, [
			["state", "dead"],
			["attempts", attempts],
			["finished_at_ms", nowMs],
			["last_error", outcome.reason],
		]);
		const { reason } = outcome;
		this.#log({ level: "warn", room: "cloud", event: "delivery.dead", id, tenantId, kind, destinationId, reason });
	}

	/** Up to a tenth more, so that what failed together does not come back together. */
	#jitterMs(waitMs: number): number {
		const [byte = 0] = this.#random(1);
		return Math.floor((waitMs * byte) / 2_560);
	}

	async #write({ id }: Delivery, columns: readonly (readonly [string, string | number | null])[]): Promise<void> {
		const statement: Statement = {
			sql: `UPDATE delivery SET ${columns.map(([name]) => `${name} = ?`).join(", ")}, leased_until_ms = 0
				WHERE id = ? AND state = 'pending'`,
			args: [...columns.map(([, value]) => value), id],
		};
		await this.#database.write([statement]);
	}
}

async function outcomeOfAttempt(make: () => Promise<Outcome>): Promise<Outcome> {
	try {
		return await make();
	} catch (error) {
		// Unreachable is the network's fault and may pass; anything else is a defect of ours, and may pass with an update.
		return { kind: error instanceof RequestRefused ? "refused" : "retry", reason: messageOf(error) };
	}
}
