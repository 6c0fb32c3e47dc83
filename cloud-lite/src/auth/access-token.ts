import type { Clock } from "@visionvend/sdk/clock";
import { errors, jwtVerify, SignJWT } from "jose";
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
const shopperIdPattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

// One audience a kind, so that a token of one kind never passes for another.
const audiences = ["visionvend-shopper", "visionvend-user", "visionvend-device"];
const common = { tenantId: z.string().min(1).default(defaultTenantId) };
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
	#before: Promise<void> = Promise.resolve();

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

	/** Checks come back in the order they were asked for, so that who comes first is no matter of a thread pool. */
	check(token: string): Promise<TokenCheck> {
		const check = this.#before.then(() => this.#verify(token));
		const done = (): void => undefined;
		this.#before = check.then(done, done);
		return check;
	}

	async #verify(token: string): Promise<TokenCheck> {
		try {
			const { payload } = await jwtVerify(token, this.#key, {
				algorithms: [algorithm],
				issuer,
				audience: audiences,
				typ: type,
				requiredClaims: ["sub", "iat", "exp"],
				maxTokenAge: accessTokenLivesSeconds,
				currentDate: new Date(this.#clock.now()),
			});
			const parsed = claimsSchema.safeParse(payload);
			if (!parsed.success) return { ok: false, reason: "its claims are not ours" };
			return { ok: true, claims: parsed.data };
		} catch (error) {
			if (error instanceof errors.JOSEError) return { ok: false, reason: error.message };
			throw error;
		}
	}
}
