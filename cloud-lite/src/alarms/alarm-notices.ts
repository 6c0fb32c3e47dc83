import type { Clock } from "@visionvend/sdk/clock";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import type { ChannelStore } from "../notify/channel-store.ts";
import { deliverLater } from "../notify/delivery.ts";
import { headline, type Notice } from "../notify/notice.ts";
import type { WebhookEndpoints } from "../notify/webhook-endpoint.ts";
import { type Alarm, noticeOf } from "./alarm.ts";

/** Who did something to an alarm, and what that person wrote. */
export interface Hand {
	/** `user:ID`; `""`: nobody, the cause is gone. */
	readonly by: string;
	readonly note: string;
}

/** Changes alarms, and tells people and programs of it in the same commit. */
export class AlarmNotices {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #channels: ChannelStore;
	readonly #endpoints: WebhookEndpoints;
	readonly #onDelivery: () => void;

	/** `onDelivery`: something may wait to be delivered. */
	constructor(options: {
		database: Database;
		clock: Clock;
		channels: ChannelStore;
		endpoints: WebhookEndpoints;
		onDelivery: () => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#channels = options.channels;
		this.#endpoints = options.endpoints;
		this.#onDelivery = options.onDelivery;
	}

	/** What was put on its way may go. */
	leave(): void {
		this.#onDelivery();
	}

	/** Somebody looks after it: people are not told again. @returns false when it is not open */
	async acknowledge(alarm: Alarm, { by, note }: Hand): Promise<boolean> {
		const nowMs = this.#clock.now();
		return this.#change(alarm, "acknowledge", {
			sql: `UPDATE alarm SET state = 'acknowledged', acknowledged_at_ms = ?, acknowledged_by = ?, note = ?,
					version = version + 1 WHERE tenant_id = ? AND id = ? AND state = 'open'`,
			args: [nowMs, by, note, alarm.tenantId, alarm.id],
		});
	}

	/** @returns false when it is resolved already */
	async resolve(alarm: Alarm, { by, note }: Hand): Promise<boolean> {
		const nowMs = this.#clock.now();
		return this.#change(alarm, "resolve", {
			sql: `UPDATE alarm SET state = 'resolved', resolved_at_ms = ?, resolved_by = ?,
					note = CASE WHEN ?3 = '' THEN note ELSE ?3 END, version = version + 1
				WHERE tenant_id = ?4 AND id = ?5 AND state <> 'resolved'`,
			args: [nowMs, by, note, alarm.tenantId, alarm.id],
		});
	}

	/** The statements that tell of an alarm; `number` counts what was told of it. */
	async statements(tenantId: string, notice: Notice, number: number | "acknowledge" | "resolve"): Promise<Statement[]> {
		const channels = await this.#channels.wanting(tenantId, notice);
		const messageId = `${notice.alarmId}-${number}`;
		const { action, atMs, ...data } = notice;
		const type = { trigger: "alarm.opened", acknowledge: "alarm.acknowledged", resolve: "alarm.resolved" }[action];
		return [
			...channels
				// That somebody has taken it on matters to whoever wakes the next person.
				.filter(({ target }) => action !== "acknowledge" || target.kind === "pagerduty")
				.map(({ id }) =>
					deliverLater(
						{
							tenantId,
							kind: "alarm",
							destinationId: id,
							messageId,
							subject: headline(notice).slice(0, 200),
							payload: notice,
						},
						atMs,
					),
				),
			// Programs are told of changes, not of repetitions.
			...(typeof number === "number" && number > 1
				? []
				: await this.#endpoints.statementsOf(tenantId, { id: messageId, type, atMs, data })),
		];
	}

	async #change(alarm: Alarm, action: "acknowledge" | "resolve", statement: Statement): Promise<boolean> {
		const notice = noticeOf(alarm, action, this.#clock.now());
		try {
			await this.#database.write([
				statement,
				mustHaveChanged(`alarm ${alarm.id} can be changed by ${action}`),
				...(await this.statements(alarm.tenantId, notice, action)),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) return false;
			throw error;
		}
		this.#onDelivery();
		return true;
	}
}
