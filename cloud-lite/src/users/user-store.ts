import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { hashPassword } from "../auth/password.ts";
import { includes, roleGrants } from "../auth/permission.ts";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import type { ListQuery, Page } from "../http/list.ts";
import { Problem, staleProblem } from "../http/problem.ts";
import { type NewUser, type User, type UserChange, userOf } from "./user.ts";

const users = new TenantRows({
	noun: "user",
	sql: "SELECT * FROM user WHERE tenant_id = ?1",
	key: ["created_at_ms", "id"],
	parse: userOf,
});

/** The people of tenants. */
export class UserStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	list(tenantId: string, query: ListQuery): Promise<Page<User>> {
		return users.page(this.#database, tenantId, query);
	}

	/** @throws Problem 404 */
	get(tenantId: string, id: string): Promise<User> {
		return users.get(this.#database, tenantId, id);
	}

	/** @throws Problem 409 when the e-mail is taken */
	async add(tenantId: string, user: NewUser): Promise<User> {
		const id = randomId(this.#random);
		try {
			await this.#database.write([await this.insertion(tenantId, id, user)]);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			throw new Problem(409, "email_taken", `${user.email} is in use already.`);
		}
		return this.get(tenantId, id);
	}

	/** The statement that adds a person, for who adds more than that in one batch. */
	async insertion(
		tenantId: string,
		id: string,
		{ email, name, role, permissions, password }: NewUser,
	): Promise<Statement> {
		return {
			sql: `INSERT INTO user (id, tenant_id, email, name, role, permissions, password_hash, created_at_ms)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			args: [
				id,
				tenantId,
				email.toLowerCase(),
				name,
				role,
				JSON.stringify(permissions),
				await hashPassword(password),
				this.#clock.now(),
			],
		};
	}

	/**
	 * A changed role, password or permission ends the logins that were begun with the old one.
	 * @throws Problem 404, 409 when a tenant would be left without an admin, 412 when the version is another by now
	 */
	async change(tenantId: string, id: string, change: UserChange, ifMatch: number | undefined): Promise<User> {
		const old = await this.get(tenantId, id);
		const { name = old.name, role = old.role, permissions = old.permissions, active = old.active, password } = change;
		const passwordHash = password === undefined ? null : await hashPassword(password);
		const endsLogins =
			role !== old.role ||
			!active ||
			password !== undefined ||
			!includes(permissions, old.permissions) ||
			!includes(old.permissions, permissions);
		try {
			await this.#database.write([
				{
					sql: `UPDATE user SET name = ?, role = ?, permissions = ?, active = ?,
							password_hash = COALESCE(?, password_hash), version = version + 1
						WHERE tenant_id = ? AND id = ? AND version = ?`,
					args: [
						name,
						role,
						JSON.stringify(permissions),
						active ? 1 : 0,
						passwordHash,
						tenantId,
						id,
						ifMatch ?? old.version,
					],
				},
				mustHaveChanged("version"),
				{
					sql: `INSERT INTO must(ok) SELECT EXISTS (SELECT 1 FROM user WHERE tenant_id = ? AND active = 1
						AND role IN ('admin', 'platform'))`,
					args: [tenantId],
					guard: "admin",
				},
				...(endsLogins
					? [
							{
								sql: `UPDATE login_session SET ended_at_ms = ?, ended_because = 'user_changed'
									WHERE tenant_id = ? AND user_id = ? AND ended_at_ms IS NULL`,
								args: [this.#clock.now(), tenantId, id],
							},
						]
					: []),
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			if (error.guard === "version") throw staleProblem();
			throw new Problem(409, "last_admin", "Somebody has to stay admin; make another one first.");
		}
		return this.get(tenantId, id);
	}

	/** What nobody may hand on who does not hold it. @throws Problem 403 */
	mayGrant(grants: readonly string[], { role, permissions = [] }: Pick<UserChange, "role" | "permissions">): void {
		if (includes(grants, [...(role === undefined ? [] : roleGrants(role)), ...permissions])) return;
		throw new Problem(403, "forbidden", "Nobody can give what they do not hold themselves.");
	}
}
