import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed } from "../db/writer.ts";
import { deliverLater } from "./delivery.ts";

/** A program of a tenant that is told what happens. */
export interface WebhookEndpoint {
	readonly id: string;
	readonly tenantId: string;
	readonly url: string;
	readonly description: string;
	/** `whsec_` and 32 bytes as base64. */
	readonly secret: string;
	/** The one before; signs as well until then, epoch milliseconds. */
	readonly previous: { readonly secret: string; readonly untilMs: number } | null;
	/** Only events of these types; empty: all. `sale.*` stands for all that begin with `sale.`. */
	readonly eventTypes: readonly string[];
	readonly enabled: boolean;
	readonly disabledReason: string | null;
	readonly version: number;
}

export type EndpointSettings = Pick<WebhookEndpoint, "url" | "description" | "eventTypes" | "enabled">;

/** Something that happened, as webhooks tell it. */
export interface WebhookEvent {
	/** Names the event; the same for all endpoints and attempts. */
	readonly id: string;
	/** `sale.captured`. */
	readonly type: string;
	readonly atMs: number;
	readonly data: Readonly<Record<string, unknown>>;
}

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	url: z.string(),
	description: z.string(),
	secret: z.string(),
	previous_secret: z.string().nullable(),
	previous_secret_until_ms: z.int().nullable(),
	event_types: z.string(),
	enabled: z.int(),
	disabled_reason: z.string().nullable(),
	version: z.int(),
});

function endpointOf(row: unknown): WebhookEndpoint {
	const columns = rowSchema.parse(row);
	const { previous_secret: secret, previous_secret_until_ms: untilMs } = columns;
	return {
		id: columns.id,
		tenantId: columns.tenant_id,
		url: columns.url,
		description: columns.description,
		secret: columns.secret,
		previous: secret === null || untilMs === null ? null : { secret, untilMs },
		eventTypes: z.array(z.string()).parse(JSON.parse(columns.event_types)),
		enabled: columns.enabled === 1,
		disabledReason: columns.disabled_reason,
		version: columns.version,
	};
}

const stored = new TenantRows({
	noun: "webhook",
	sql: "SELECT * FROM webhook_endpoint WHERE tenant_id = ?1",
	key: ["created_at_ms", "id"],
	direction: "asc",
	parse: endpointOf,
});

/** How long the old secret signs beside a new one: a day to bring the new one to the receiver. */
const rotationMs = 86_400_000;

/** Endpoints of tenants, and what goes to them. */
export class WebhookEndpoints {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string): Promise<WebhookEndpoint[]> {
		return stored.all(this.#database, tenantId);
	}

	find(tenantId: string, id: string): Promise<WebhookEndpoint | undefined> {
		return stored.find(this.#database, tenantId, id);
	}

	/** @throws Problem 404 */
	get(tenantId: string, id: string): Promise<WebhookEndpoint> {
		return stored.get(this.#database, tenantId, id);
	}

	async add(tenantId: string, settings: EndpointSettings): Promise<WebhookEndpoint> {
		const id = randomId(this.#random);
		const secret = this.#newSecret();
		const { url, description, eventTypes, enabled } = settings;
		await this.#database.write([
			{
				sql: `INSERT INTO webhook_endpoint (id, tenant_id, url, description, secret, event_types, enabled, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [id, tenantId, url, description, secret, JSON.stringify(eventTypes), enabled ? 1 : 0, this.#clock.now()],
			},
		]);
		return { id, tenantId, ...settings, secret, previous: null, disabledReason: null, version: 1 };
	}

	/** @returns undefined when there is no such endpoint, or not in this version */
	async change(
		tenantId: string,
		id: string,
		version: number,
		settings: EndpointSettings,
	): Promise<WebhookEndpoint | undefined> {
		const { url, description, eventTypes, enabled } = settings;
		return this.#update(tenantId, id, version, {
			sql: `UPDATE webhook_endpoint SET url = ?, description = ?, event_types = ?, enabled = ?, disabled_reason = NULL,
					version = version + 1 WHERE tenant_id = ? AND id = ? AND version = ?`,
			args: [url, description, JSON.stringify(eventTypes), enabled ? 1 : 0, tenantId, id, version],
		});
	}

	/** Makes a new secret; the old one signs beside it for a day. */
	async rotateSecret(tenantId: string, id: string, version: number): Promise<WebhookEndpoint | undefined> {
		return this.#update(tenantId, id, version, {
			sql: `UPDATE webhook_endpoint SET previous_secret = secret, previous_secret_until_ms = ?, secret = ?,
					version = version + 1 WHERE tenant_id = ? AND id = ? AND version = ?`,
			args: [this.#clock.now() + rotationMs, this.#newSecret(), tenantId, id, version],
		});
	}

	/** The receiver has said that it wants nothing any more. */
	async disable(tenantId: string, id: string, reason: string): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE webhook_endpoint SET enabled = 0, disabled_reason = ?, version = version + 1
					WHERE tenant_id = ? AND id = ?`,
				args: [reason, tenantId, id],
			},
		]);
	}

	/** @throws Problem 404 */
	async remove(tenantId: string, id: string): Promise<void> {
		await this.get(tenantId, id);
		await this.#database.write([
			{ sql: "DELETE FROM webhook_endpoint WHERE tenant_id = ? AND id = ?", args: [tenantId, id] },
		]);
	}

	/** The statements that send an event to every endpoint that wants it. */
	async statementsOf(tenantId: string, event: WebhookEvent): Promise<Statement[]> {
		return eventStatements(await this.list(tenantId), event, this.#clock.now());
	}

	async #update(
		tenantId: string,
		id: string,
		version: number,
		statement: Statement,
	): Promise<WebhookEndpoint | undefined> {
		try {
			await this.#database.write([statement, mustHaveChanged(`endpoint ${id} is there in version ${version}`)]);
		} catch (error) {
			if (error instanceof GuardFailed) return undefined;
			throw error;
		}
		return this.find(tenantId, id);
	}

	#newSecret(): string {
		return `whsec_${Buffer.from(this.#random(32)).toString("base64")}`;
	}
}

/** The statements that send an event to those of the endpoints that want it. */
export function eventStatements(
	endpoints: readonly WebhookEndpoint[],
	event: WebhookEvent,
	nowMs: number,
): Statement[] {
	return endpoints
		.filter(({ enabled, eventTypes }) => enabled && wants(eventTypes, event.type))
		.map(({ id, tenantId }) =>
			deliverLater(
				{
					tenantId,
					kind: "webhook",
					destinationId: id,
					messageId: event.id,
					subject: event.type,
					payload: { type: event.type, timestamp: new Date(event.atMs).toISOString(), data: event.data },
				},
				nowMs,
			),
		);
}

function wants(types: readonly string[], type: string): boolean {
	return (
		types.length === 0 ||
		types.some((wanted) => (wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type))
	);
}
