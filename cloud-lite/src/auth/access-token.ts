import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { SignJWT } from "jose";
import { z } from "zod";
import { defaultTenantId } from "../tenants/tenant.ts";
import { grantSchema, roleSchema } from "./permission.ts";
import { refuseWeakSecret } from "./weak-secret.ts";

const issuer = "visionvend-cloud";
/** RFC 9068: the media type of an access token, so that no other token of ours passes for one. */
const type = "at+jwt";
const algorithm = "HS256";
/** How long an access token is good. */
export const accessTokenLivesSeconds = 15 * 60;
/** How far the clock of another instance of ours may be ahead. */
const clockSkewSeconds = 5;
export const shopperIdPattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

const headerSchema = z.object({ alg: z.literal(algorithm), typ: z.literal(type), crit: z.undefined().optional() });
const lifeSchema = z.object({ iss: z.literal(issuer), iat: z.number(), exp: z.number() });
const common = { tenantId: z.string().min(1).default(defaultTenantId) };
// One audience a kind, so that a token of one kind never passes for another.
const claimsSchema = z.discriminatedUnion("aud", [
	z.object({ aud: z.literal("visionvend-shopper"), sub: z.string().regex(shopperIdPattern, "no shopper"), ...common }),
	z.object({
		aud: z.literal("visionvend-user"),
		sub: z.string(),
		...common,
		role: roleSchema,
		permissions: z.array(grantSchema),
		sid: z.string(),
	}),
	z.object({ aud: z.literal("visionvend-device"), sub: z.string(), ...common, machineId: z.string() }),
]);

/** What a token says, by its audience: a shopper, a person, a device. */
export type TokenClaims = z.infer<typeof claimsSchema>;

export type TokenCheck =
	| { readonly ok: true; readonly claims: TokenClaims }
	| { readonly ok: false; readonly reason: string };

/** Issues and checks the short-lived tokens of shoppers, people and devices: JWT, HS256, 15 minutes. */
export class AccessTokens {
	readonly #key: Uint8Array;
	readonly #clock: Clock;

	/** @throws RangeError when the secret could be guessed */
	constructor(secret: string, clock: Clock) {
		refuseWeakSecret(secret);
		this.#key = new TextEncoder().encode(secret);
		this.#clock = clock;
	}

	/** @throws RangeError when a shopper's id is not 1 to 128 of `A-Za-z0-9._@-` */
	async issue(claims: TokenClaims): Promise<string> {
		const { aud, sub, ...rest } = claims;
		if (aud === "visionvend-shopper" && !shopperIdPattern.test(sub)) {
			throw new RangeError(`shopper id ${JSON.stringify(sub)}: use 1 to 128 of letters, digits and . _ @ -`);
		}
		const issuedAt = Math.floor(this.#clock.now() / 1000);
		return new SignJWT(rest)
			.setProtectedHeader({ alg: algorithm, typ: type })
			.setIssuer(issuer)
			.setAudience(aud)
			.setSubject(sub)
			.setIssuedAt(issuedAt)
			.setExpirationTime(issuedAt + accessTokenLivesSeconds)
			.sign(this.#key);
	}

	/**
	 * RFC 7519 section 7.2, for the tokens that `issue` makes and no others. With Node's own HMAC: on the way to every
	 * answer, jose's way through WebCrypto takes some 10 times as long.
	 */
	check(token: string): TokenCheck {
		const [header, payload, signature, ...more] = token.split(".");
		if (!header || !payload || !signature || more.length > 0) return refused("it is no token");
		const seal = createHmac("sha256", this.#key).update(`${header}.${payload}`).digest();
		const given = Buffer.from(signature, "base64url");
		if (given.length !== seal.length || !timingSafeEqual(given, seal)) return refused("its signature is not ours");
		if (!headerSchema.safeParse(jsonOf(header)).success) return refused("it is no access token");
		const value = jsonOf(payload);
		const life = lifeSchema.safeParse(value);
		if (!life.success) return refused("its claims are not ours");
		const { iat, exp } = life.data;
		const nowSeconds = this.#clock.now() / 1000;
		if (nowSeconds >= exp || nowSeconds - iat > accessTokenLivesSeconds) return refused("it has expired");
		if (iat > nowSeconds + clockSkewSeconds) return refused("it is from the future");
		const claims = claimsSchema.safeParse(value);
		return claims.success ? { ok: true, claims: claims.data } : refused("its claims are not ours");
	}
}

function refused(reason: string): TokenCheck {
	return { ok: false, reason };
}

/** `undefined` when it is no JSON. */
function jsonOf(part: string): unknown {
	try {
		return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
