import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { type Database, mustHaveChanged, type Value } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed } from "../db/writer.ts";
import { type Channel, channelOf } from "./channel.ts";
import { type Severity, severities } from "./notice.ts";

/** What an owner says of a channel. */
export type ChannelSettings = Pick<Channel, "name" | "target" | "minimumSeverity" | "rules" | "enabled">;

const stored = new TenantRows({
	noun: "channel",
	sql: "SELECT * FROM notification_channel WHERE tenant_id = ?1",
	key: ["created_at_ms", "id"],
	direction: "asc",
	parse: channelOf,
});

/** Channels of tenants. */
export class ChannelStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string): Promise<Channel[]> {
		return stored.all(this.#database, tenantId);
	}

	find(tenantId: string, id: string): Promise<Channel | undefined> {
		return stored.find(this.#database, tenantId, id);
	}

	/** @throws Problem 404 */
	get(tenantId: string, id: string): Promise<Channel> {
		return stored.get(this.#database, tenantId, id);
	}

	/** The channels that want to be told of such an alarm. */
	async wanting(tenantId: string, alarm: { readonly severity: Severity; readonly rule: string }): Promise<Channel[]> {
		const channels = await this.list(tenantId);
		return channels.filter(
			({ enabled, minimumSeverity, rules }) =>
				enabled &&
				severities.indexOf(alarm.severity) >= severities.indexOf(minimumSeverity) &&
				(rules.length === 0 || rules.includes(alarm.rule)),
		);
	}

	async add(tenantId: string, settings: ChannelSettings): Promise<Channel> {
		const id = randomId(this.#random);
		await this.#database.write([
			{
				sql: `INSERT INTO notification_channel
						(id, tenant_id, kind, name, target, minimum_severity, rules, enabled, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [id, tenantId, ...columnsOf(settings), this.#clock.now()],
			},
		]);
		return { id, tenantId, ...settings, version: 1 };
	}

	/** @returns undefined when there is no such channel, or not in this version */
	async change(tenantId: string, id: string, version: number, settings: ChannelSettings): Promise<Channel | undefined> {
		try {
			await this.#database.write([
				{
					sql: `UPDATE notification_channel SET kind = ?, name = ?, target = ?, minimum_severity = ?, rules = ?,
							enabled = ?, version = version + 1
						WHERE tenant_id = ? AND id = ? AND version = ?`,
					args: [...columnsOf(settings), tenantId, id, version],
				},
				mustHaveChanged(`channel ${id} is there in version ${version}`),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) return undefined;
			throw error;
		}
		return { id, tenantId, ...settings, version: version + 1 };
	}

	/** @throws Problem 404 */
	async remove(tenantId: string, id: string): Promise<void> {
		await this.get(tenantId, id);
		await this.#database.write([
			{ sql: "DELETE FROM notification_channel WHERE tenant_id = ? AND id = ?", args: [tenantId, id] },
		]);
	}
}

/** Kind, name, target, least severity, rules and whether it is on. */
function columnsOf({ name, target, minimumSeverity, rules, enabled }: ChannelSettings): Value[] {
	return [target.kind, name, JSON.stringify(target), minimumSeverity, JSON.stringify(rules), enabled ? 1 : 0];
}
