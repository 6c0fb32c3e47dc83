import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import { newApiKey } from "../auth/api-key.ts";
import { grantSchema } from "../auth/permission.ts";
import { type Database, mustHaveChanged, type Row, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

/** How long a key goes on after it was rotated, so that nothing stands still while the new one is carried out. */
const rotationGraceMs = 7 * 86_400_000;

export const apiKeySchema = z
	.object({
		keyId: z.string(),
		tenantId: z.string(),
		name: z.string(),
		permissions: z.array(grantSchema),
		machineId: z.string().nullable().openapi({ description: "Of a device of this machine; null: of a program" }),
		createdAt: z.iso.datetime(),
		expiresAt: z.iso.datetime().nullable(),
		revoked: z.boolean(),
	})
	.openapi("ApiKey");
export type ApiKey = z.infer<typeof apiKeySchema>;

export const newApiKeySchema = apiKeySchema
	.extend({ key: z.string().openapi({ description: "Shown this once; only its hash is kept" }) })
	.openapi("NewApiKey");
export type NewApiKey = z.infer<typeof newApiKeySchema>;

/** What a key shall be. */
export interface ApiKeyWish {
	readonly name: string;
	readonly permissions: readonly string[];
	readonly machineId: string | null;
	readonly expiresAtMs: number | null;
}

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	scopes: z.string(),
	machine_id: z.string().nullable(),
	created_at_ms: z.int(),
	expires_at_ms: z.int().nullable(),
	revoked_at_ms: z.int().nullable(),
});
const scopesSchema = z.array(grantSchema);

function apiKeyOf(row: Row): ApiKey {
	const key = rowSchema.parse(row);
	return {
		keyId: key.id,
		tenantId: key.tenant_id,
		name: key.name,
		permissions: scopesSchema.parse(JSON.parse(key.scopes)),
		machineId: key.machine_id,
		createdAt: new Date(key.created_at_ms).toISOString(),
		expiresAt: key.expires_at_ms === null ? null : new Date(key.expires_at_ms).toISOString(),
		revoked: key.revoked_at_ms !== null,
	};
}

const apiKeys = new TenantRows({
	noun: "API key",
	sql: "SELECT * FROM api_key WHERE tenant_id = ?1",
	key: ["created_at_ms", "id"],
	parse: apiKeyOf,
});

/** Keys of programs and devices. Of each only a hash is kept. */
export class ApiKeyStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string, query: ListQuery): Promise<Page<ApiKey>> {
		return apiKeys.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, id: string): Promise<ApiKey> {
		return apiKeys.get(this.#database, tenantId, id);
	}

	async add(tenantId: string, wish: ApiKeyWish): Promise<NewApiKey> {
		const key = this.make(tenantId, wish);
		await this.#database.write([key.insertion]);
		return { ...(await this.get(tenantId, key.id)), key: key.text };
	}

	/** A new key and the statement that adds it, for who adds more than that in one batch. */
	make(
		tenantId: string,
		wish: ApiKeyWish,
	): { readonly id: string; readonly text: string; readonly insertion: Statement } {
		const { id, text, secretHash } = newApiKey(this.#random);
		const { name, permissions, machineId, expiresAtMs } = wish;
		const insertion = {
			sql: `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, machine_id, created_at_ms, expires_at_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			args: [id, tenantId, secretHash, name, JSON.stringify(permissions), machineId, this.#clock.now(), expiresAtMs],
		};
		return { id, text, insertion };
	}

	/** Makes a new key of the same kind; the old one goes on for seven days. @throws Problem 404, 409 when it is revoked */
	async rotate(tenantId: string, id: string): Promise<NewApiKey> {
		const { name, permissions, machineId, expiresAt } = await this.get(tenantId, id);
		const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
		const key = this.make(tenantId, { name, permissions, machineId, expiresAtMs });
		const nowMs = this.#clock.now();
		try {
			await this.#database.write([
				{
					sql: `UPDATE api_key SET expires_at_ms = MIN(COALESCE(expires_at_ms, ?1), ?1)
						WHERE tenant_id = ?2 AND id = ?3 AND revoked_at_ms IS NULL`,
					args: [nowMs + rotationGraceMs, tenantId, id],
				},
				mustHaveChanged("the key is not revoked"),
				key.insertion,
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			throw new Problem(409, "api_key_revoked", "This key is revoked; make a new one.");
		}
		return { ...(await this.get(tenantId, key.id)), key: key.text };
	}

	/** From now on nobody gets in with it. @throws Problem 404 */
	async revoke(tenantId: string, id: string): Promise<ApiKey> {
		await this.#database.write([
			{
				sql: "UPDATE api_key SET revoked_at_ms = COALESCE(revoked_at_ms, ?) WHERE tenant_id = ? AND id = ?",
				args: [this.#clock.now(), tenantId, id],
			},
		]);
		return this.get(tenantId, id);
	}
}
