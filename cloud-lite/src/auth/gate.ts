import { timingSafeEqual } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import type { Access, ActorOf } from "./access.ts";
import type { AccessTokens, TokenClaims } from "./access-token.ts";
import type { Actor } from "./actor.ts";
import { parseApiKey } from "./api-key.ts";
import { type CsrfTokens, cookieName } from "./csrf.ts";
import { covers, grantSchema, roleGrants, roleSchema } from "./permission.ts";
import { secretHash } from "./secret-hash.ts";

const challenge = { "www-authenticate": 'Bearer realm="visionvend"' };

const userRowSchema = z.object({ tenant_id: z.string(), role: roleSchema, permissions: z.string() });
const keyRowSchema = z.object({
	tenant_id: z.string(),
	secret_hash: z.string(),
	scopes: z.string(),
	machine_id: z.string().nullable(),
});
const sessionRowSchema = z.object({ id: z.string(), user_id: z.string() });
const grantsSchema = z.array(grantSchema);

/** Finds out who asks, and whether they may. */
export class Gate {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #tokens: AccessTokens;
	readonly #csrf: CsrfTokens;
	readonly #deviceTokens: boolean;

	/** `deviceTokens`: whether devices that speak HTTPS are let in. */
	constructor(options: {
		database: Database;
		clock: Clock;
		tokens: AccessTokens;
		csrf: CsrfTokens;
		deviceTokens: boolean;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#tokens = options.tokens;
		this.#csrf = options.csrf;
		this.#deviceTokens = options.deviceTokens;
	}

	/** Who asks; `undefined` where nobody is asked who they are. @throws Problem 401 when it is nobody we know */
	async identify(context: Context, access: Access): Promise<Actor | undefined> {
		return access === "anybody" ? undefined : this.#identify(context);
	}

	/** @throws Problem 403 when who asks may not */
	admit<const A extends Access>(actor: Actor | undefined, access: A): ActorOf<A>;
	admit(actor: Actor | undefined, access: Access): Actor | undefined {
		if (access === "anybody" || actor === undefined) return undefined;
		switch (actor.kind) {
			case "user":
			case "apiKey":
				if (actor.kind === "user" && access.user) return actor;
				if (access.permission === undefined) throw notForYou("People and API keys have no business here.");
				if (covers(actor.grants, access.permission)) return actor;
				throw notForYou(`This needs ${access.permission}, and you do not hold it.`);
			case "shopper":
				if (access.shopper) return actor;
				throw notForYou("Shoppers have no business here.");
			case "device":
				if (access.device) return actor;
				throw notForYou("Devices have no business here.");
		}
	}

	async #identify(context: Context): Promise<Actor> {
		const bearer = /^Bearer (\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
		const key = context.req.header("x-api-key") ?? bearer;
		const apiKey = key === undefined ? undefined : parseApiKey(key);
		if (apiKey) return this.#apiKey(apiKey);
		const cookie = getCookie(context, cookieName);
		if (bearer === undefined && cookie !== undefined) return this.#cookie(context, cookie);
		if (bearer === undefined) {
			throw unauthenticated("Send Authorization: Bearer and a token, or X-API-Key and a key.");
		}
		const check = this.#tokens.check(bearer);
		if (!check.ok) throw unauthenticated(`The token is not valid: ${check.reason}.`);
		return this.#bearer(check.claims);
	}

	async #bearer(claims: TokenClaims): Promise<Actor> {
		switch (claims.aud) {
			case "visionvend-shopper":
				return { kind: "shopper", id: claims.sub, tenantId: claims.tenantId };
			case "visionvend-device":
				return this.#device(claims.sub, claims.tenantId, claims.machineId);
			case "visionvend-user":
				return this.#user(claims.sub, claims.sid, false);
		}
	}

	/** A device is let in as long as the key is good that its token was made with: a token must not outlive it. */
	async #device(id: string, tenantId: string, machineId: string): Promise<Actor> {
		const [row] = await this.#database.read(
			`SELECT api_key.id FROM api_key JOIN tenant ON tenant.id = api_key.tenant_id
				WHERE api_key.id = ? AND tenant_id = ? AND machine_id = ? AND revoked_at_ms IS NULL AND tenant.active = 1
					AND (expires_at_ms IS NULL OR expires_at_ms > ?)`,
			[id, tenantId, machineId, this.#clock.now()],
		);
		if (!row) throw unauthenticated("The key that this token was made with is not valid any more.");
		return this.#asDevice({ kind: "device", id, tenantId, machineId });
	}

	#asDevice(device: Actor & { readonly kind: "device" }): Actor {
		if (this.#deviceTokens) return device;
		throw new Problem(403, "device_tokens_off", "Tokens of devices are off: ENABLE_DEVICE_TOKEN is false.");
	}

	/** A page. What changes something must prove that it comes from a page of ours. */
	async #cookie(context: Context, cookie: string): Promise<Actor> {
		const [row] = await this.#database.read("SELECT id, user_id FROM login_session WHERE cookie_hash = ?", [
			secretHash(cookie),
		]);
		if (!row) throw unauthenticated("This login has ended; log in again.");
		const { id, user_id } = sessionRowSchema.parse(row);
		const changesNothing = ["GET", "HEAD", "OPTIONS"].includes(context.req.method);
		if (!changesNothing && !this.#csrf.fits(id, context.req.header("x-csrf-token"))) {
			throw new Problem(403, "csrf_token_required", "Send the csrfToken of your login in X-CSRF-Token.");
		}
		return this.#user(user_id, id, true);
	}

	/** What the token says about a person may be 15 minutes old; what counts is what is so now. */
	async #user(userId: string, sessionId: string, byCookie: boolean): Promise<Actor> {
		const [row] = await this.#database.read(
			`SELECT user.tenant_id, user.role, user.permissions FROM login_session
				JOIN user ON user.id = login_session.user_id AND user.tenant_id = login_session.tenant_id
				JOIN tenant ON tenant.id = user.tenant_id
				WHERE login_session.id = ? AND user.id = ? AND login_session.ended_at_ms IS NULL
					AND login_session.expires_at_ms > ? AND user.active = 1 AND tenant.active = 1`,
			[sessionId, userId, this.#clock.now()],
		);
		if (!row) throw unauthenticated("This login has ended; log in again.");
		const { tenant_id: tenantId, role, permissions } = userRowSchema.parse(row);
		const grants = [...roleGrants(role), ...grantsSchema.parse(JSON.parse(permissions))];
		return { kind: "user", id: userId, tenantId, role, grants, sessionId, byCookie };
	}

	async #apiKey({ id, secretHash: given }: { id: string; secretHash: string }): Promise<Actor> {
		const [row] = await this.#database.read(
			`SELECT api_key.tenant_id, secret_hash, scopes, machine_id FROM api_key
				JOIN tenant ON tenant.id = api_key.tenant_id
				WHERE api_key.id = ? AND revoked_at_ms IS NULL AND tenant.active = 1
					AND (expires_at_ms IS NULL OR expires_at_ms > ?)`,
			[id, this.#clock.now()],
		);
		const key = row && keyRowSchema.parse(row);
		if (!key || !timingSafeEqual(Buffer.from(key.secret_hash), Buffer.from(given))) {
			throw unauthenticated("The API key is not valid, or no longer.");
		}
		const { tenant_id: tenantId, machine_id: machineId } = key;
		if (machineId !== null) return this.#asDevice({ kind: "device", id, tenantId, machineId });
		return { kind: "apiKey", id, tenantId, grants: grantsSchema.parse(JSON.parse(key.scopes)) };
	}
}

function unauthenticated(detail: string): Problem {
	return new Problem(401, "unauthenticated", detail, {}, challenge);
}

function notForYou(detail: string): Problem {
	return new Problem(403, "forbidden", detail);
}
