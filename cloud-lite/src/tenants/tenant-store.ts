import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import type { ApiKeyStore } from "../api-keys/api-key-store.ts";
import { type Database, mustHaveChanged } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { Problem, staleProblem } from "../http/problem.ts";
import type { NewUser } from "../users/user.ts";
import type { UserStore } from "../users/user-store.ts";
import { type Tenant, tenantOf } from "./tenant.ts";

/** What may change of a tenant; objects are replaced as a whole. */
export interface TenantChange {
	readonly name?: string | undefined;
	readonly settings?: Tenant["settings"] | undefined;
	readonly branding?: Tenant["branding"] | undefined;
	readonly subscription?: Tenant["subscription"] | undefined;
	readonly active?: boolean | undefined;
}

/** The owners that one cloud serves. */
export class TenantStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #users: UserStore;
	readonly #keys: ApiKeyStore;

	constructor(options: { database: Database; clock: Clock; random: Random; users: UserStore; keys: ApiKeyStore }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#users = options.users;
		this.#keys = options.keys;
	}

	list(query: ListQuery): Promise<Page<Tenant>> {
		const source = { sql: "SELECT * FROM tenant", args: [], key: ["slug"], direction: "asc" } as const;
		return readList(this.#database, source, query, tenantOf);
	}

	/** @throws Problem 404 */
	async get(id: string): Promise<Tenant> {
		const [row] = await this.#database.read("SELECT * FROM tenant WHERE id = ?", [id]);
		if (!row) throw new Problem(404, "tenant_unknown", `There is no tenant ${id}.`);
		return tenantOf(row);
	}

	/**
	 * A tenant with its first admin and its first API key, in one batch.
	 * @throws Problem 409 when slug or e-mail is taken
	 */
	async provision(
		{ slug, name }: { readonly slug: string; readonly name: string },
		admin: NewUser,
	): Promise<{ tenant: Tenant; adminId: string; apiKey: string }> {
		const id = randomId(this.#random);
		const adminId = randomId(this.#random);
		const wish = { name: "first key", permissions: ["*:read", "*:write"], machineId: null, expiresAtMs: null };
		const key = this.#keys.make(id, wish);
		try {
			await this.#database.write([
				{
					sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES (?, ?, ?, ?)",
					args: [id, slug, name, this.#clock.now()],
				},
				await this.#users.insertion(id, adminId, admin),
				key.insertion,
			]);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			throw error.columns === "tenant.slug"
				? new Problem(409, "slug_taken", `There is a tenant ${slug} already.`)
				: new Problem(409, "email_taken", `${admin.email} is in use already.`);
		}
		return { tenant: await this.get(id), adminId, apiKey: key.text };
	}

	/** @throws Problem 404, 412 when the version is another by now */
	async change(id: string, change: TenantChange, ifMatch: number | undefined): Promise<Tenant> {
		const old = await this.get(id);
		const {
			name = old.name,
			settings = old.settings,
			branding = old.branding,
			subscription = old.subscription,
			active = old.active,
		} = change;
		try {
			await this.#database.write([
				{
					sql: `UPDATE tenant SET name = ?, settings = ?, branding = ?, subscription = ?, active = ?, version = version + 1
						WHERE id = ? AND version = ?`,
					args: [
						name,
						JSON.stringify(settings),
						JSON.stringify(branding),
						JSON.stringify(subscription),
						active ? 1 : 0,
						id,
						ifMatch ?? old.version,
					],
				},
				mustHaveChanged("version"),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) throw staleProblem();
			throw error;
		}
		return this.get(id);
	}
}
