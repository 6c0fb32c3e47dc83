import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import type { RateLimiter } from "../http/rate-limiter.ts";
import { type AccessTokens, accessTokenLivesSeconds } from "./access-token.ts";
import type { UserActor } from "./actor.ts";
import type { CsrfTokens } from "./csrf.ts";
import { hashPassword, passwordFits } from "./password.ts";
import { grantSchema, roleGrants, roleSchema } from "./permission.ts";
import { secretHash } from "./secret-hash.ts";

/** A login ends after this, however often its tokens were refreshed. */
const sessionLivesMs = 30 * 86_400_000;
/** A page's cookie is good for a working day. */
export const cookieLivesMs = 12 * 3_600_000;
// Guesses at one account, from wherever they come.
const guesses = { burst: 10, perMinute: 1 };

const userSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	role: roleSchema,
	permissions: z.string(),
	password_hash: z.string().nullable(),
});
type UserRow = z.infer<typeof userSchema>;
const refreshSchema = z.object({
	session_id: z.string(),
	used_at_ms: z.int().nullable(),
	expires_at_ms: z.int(),
	ended_at_ms: z.int().nullable(),
	user_id: z.string(),
});
const permissionsSchema = z.array(grantSchema);

/** What a program gets that logs in. */
export interface TokenPair {
	readonly accessToken: string;
	readonly tokenType: "Bearer";
	/** Seconds. */
	readonly expiresIn: number;
	readonly refreshToken: string;
}

/** Logins of people: tokens for programs, cookies for pages. */
export class LoginService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #tokens: AccessTokens;
	readonly #csrf: CsrfTokens;
	readonly #limiter: RateLimiter;
	readonly #log: Log;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		tokens: AccessTokens;
		csrf: CsrfTokens;
		limiter: RateLimiter;
		log: Log;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#tokens = options.tokens;
		this.#csrf = options.csrf;
		this.#limiter = options.limiter;
		this.#log = options.log;
	}

	/** @throws Problem 401 when e-mail and password do not fit, 429 when an account is guessed at */
	async logIn(email: string, password: string): Promise<TokenPair> {
		const user = await this.#authenticate(email, password);
		const sessionId = randomId(this.#random);
		const refreshToken = this.#secret();
		await this.#database.write([
			...this.#beginSession(user, sessionId, sessionLivesMs, null),
			this.#insertRefreshToken(refreshToken, sessionId),
		]);
		return this.#pair(user, sessionId, refreshToken);
	}

	/** A page's login: the cookie's value, and the token that goes with what the page changes. */
	async logInPage(email: string, password: string): Promise<{ cookie: string; csrfToken: string }> {
		const user = await this.#authenticate(email, password);
		const sessionId = randomId(this.#random);
		const cookie = this.#secret();
		await this.#database.write(this.#beginSession(user, sessionId, cookieLivesMs, secretHash(cookie)));
		return { cookie, csrfToken: this.#csrf.issue(sessionId) };
	}

	/**
	 * Exchanges a refresh token, once. When one comes a second time, somebody has copied it: the whole login ends.
	 * @throws Problem 401
	 */
	async refresh(refreshToken: string): Promise<TokenPair> {
		const hash = secretHash(refreshToken);
		const [row] = await this.#database.read(
			`SELECT session_id, used_at_ms, login_session.expires_at_ms, ended_at_ms, user_id
				FROM refresh_token JOIN login_session ON login_session.id = session_id WHERE hash = ?`,
			[hash],
		);
		const found = row && refreshSchema.parse(row);
		if (!found) throw notLoggedIn("There is no such refresh token; log in again.");
		const { session_id: sessionId, user_id: userId } = found;
		const nowMs = this.#clock.now();
		if (found.used_at_ms !== null) return this.#reused(sessionId, userId);
		if (found.ended_at_ms !== null || found.expires_at_ms <= nowMs) {
			throw notLoggedIn("This login has ended; log in again.");
		}
		const user = await this.#user("user.id = ?", userId);
		if (!user) throw notLoggedIn("This login has ended; log in again.");
		const next = this.#secret();
		try {
			await this.#database.write([
				{
					sql: `UPDATE refresh_token SET used_at_ms = ? WHERE hash = ? AND used_at_ms IS NULL AND EXISTS
						(SELECT 1 FROM login_session WHERE id = session_id AND ended_at_ms IS NULL)`,
					args: [nowMs, hash],
				},
				mustHaveChanged("the refresh token is new and its login goes on"),
				this.#insertRefreshToken(next, sessionId),
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			return this.#reused(sessionId, userId);
		}
		return this.#pair(user, sessionId, next);
	}

	async logOut(actor: UserActor): Promise<void> {
		await this.#database.write([
			{
				sql: `UPDATE login_session SET ended_at_ms = ?, ended_because = 'logout'
					WHERE id = ? AND tenant_id = ? AND ended_at_ms IS NULL`,
				args: [this.#clock.now(), actor.sessionId, actor.tenantId],
			},
		]);
	}

	/** Sets another password and ends every other login of this person. @throws Problem 401 when the old one is wrong */
	async changePassword(actor: UserActor, current: string, next: string): Promise<void> {
		this.#limiter.take(`password:${actor.id}`, guesses);
		const user = await this.#user("user.id = ?", actor.id);
		if (!(await passwordFits(current, user?.password_hash ?? null))) {
			throw new Problem(401, "password_wrong", "The current password is not this one.");
		}
		const passwordHash = await hashPassword(next);
		await this.#database.write([
			{
				sql: "UPDATE user SET password_hash = ?, version = version + 1 WHERE id = ? AND tenant_id = ?",
				args: [passwordHash, actor.id, actor.tenantId],
			},
			{
				sql: `UPDATE login_session SET ended_at_ms = ?, ended_because = 'password_changed'
					WHERE user_id = ? AND tenant_id = ? AND id <> ? AND ended_at_ms IS NULL`,
				args: [this.#clock.now(), actor.id, actor.tenantId, actor.sessionId],
			},
		]);
	}

	csrfToken(sessionId: string): string {
		return this.#csrf.issue(sessionId);
	}

	async #authenticate(email: string, password: string): Promise<UserRow> {
		const address = email.toLowerCase();
		this.#limiter.take(`login:${address}`, guesses);
		const user = await this.#user("email = ?", address);
		const fits = await passwordFits(password, user?.password_hash ?? null);
		this.#log({
			level: fits ? "info" : "warn",
			room: "cloud",
			event: fits ? "login.done" : "login.refused",
			userId: user?.id,
		});
		if (fits && user) return user;
		throw notLoggedIn("E-mail and password do not fit.");
	}

	async #user(where: string, value: string): Promise<UserRow | undefined> {
		const [row] = await this.#database.read(
			`SELECT user.* FROM user JOIN tenant ON tenant.id = tenant_id
				WHERE ${where} AND user.active = 1 AND tenant.active = 1`,
			[value],
		);
		return row && userSchema.parse(row);
	}

	#beginSession(user: UserRow, sessionId: string, livesMs: number, cookieHash: string | null): Statement[] {
		const nowMs = this.#clock.now();
		return [
			{
				sql: `INSERT INTO login_session (id, tenant_id, user_id, cookie_hash, created_at_ms, expires_at_ms)
					VALUES (?, ?, ?, ?, ?, ?)`,
				args: [sessionId, user.tenant_id, user.id, cookieHash, nowMs, nowMs + livesMs],
			},
			{
				sql: "UPDATE user SET last_login_at_ms = ? WHERE id = ? AND tenant_id = ?",
				args: [nowMs, user.id, user.tenant_id],
			},
		];
	}

	#insertRefreshToken(token: string, sessionId: string): Statement {
		return {
			sql: "INSERT INTO refresh_token (hash, session_id, created_at_ms) VALUES (?, ?, ?)",
			args: [secretHash(token), sessionId, this.#clock.now()],
		};
	}

	async #reused(sessionId: string, userId: string): Promise<never> {
		await this.#database.write([
			{
				sql: "UPDATE login_session SET ended_at_ms = ?, ended_because = 'reuse' WHERE id = ? AND ended_at_ms IS NULL",
				args: [this.#clock.now(), sessionId],
			},
		]);
		this.#log({ level: "warn", room: "cloud", event: "login.token_reused", userId, sessionId });
		throw notLoggedIn("This refresh token was used before, so its login has ended; log in again.");
	}

	async #pair(user: UserRow, sessionId: string, refreshToken: string): Promise<TokenPair> {
		const accessToken = await this.#tokens.issue({
			aud: "visionvend-user",
			sub: user.id,
			tenantId: user.tenant_id,
			role: user.role,
			permissions: [...roleGrants(user.role), ...permissionsSchema.parse(JSON.parse(user.permissions))],
			sid: sessionId,
		});
		return { accessToken, tokenType: "Bearer", expiresIn: accessTokenLivesSeconds, refreshToken };
	}

	#secret(): string {
		return Buffer.from(this.#random(32)).toString("base64url");
	}
}

function notLoggedIn(detail: string): Problem {
	return new Problem(401, "unauthenticated", detail, {}, { "www-authenticate": 'Bearer realm="visionvend"' });
}
