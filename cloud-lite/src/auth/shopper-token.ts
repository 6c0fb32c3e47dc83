import type { Clock } from "@visionvend/sdk/clock";
import { errors, jwtVerify, SignJWT } from "jose";

const issuer = "visionvend-cloud";
const audience = "visionvend-shopper";
/** RFC 9068: the media type of an access token, so that no other token of ours passes for one. */
const type = "at+jwt";
const algorithm = "HS256";
const livesSeconds = 15 * 60;
const shopperIdPattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

export type TokenCheck =
	| { readonly ok: true; readonly shopperId: string }
	| { readonly ok: false; readonly reason: string };

/** Issues and checks the tokens that shoppers' phones carry: JWT, HS256, 15 minutes. */
export class ShopperTokens {
	readonly #key: Uint8Array;
	readonly #clock: Clock;
	#before: Promise<void> = Promise.resolve();

	/** @throws RangeError when the secret could be guessed */
	constructor(secret: string, clock: Clock) {
		refuseWeakSecret(secret);
		this.#key = new TextEncoder().encode(secret);
		this.#clock = clock;
	}

	/** @throws RangeError when the id is not 1 to 128 of `A-Za-z0-9._@-` */
	async issue(shopperId: string): Promise<string> {
		if (!shopperIdPattern.test(shopperId)) {
			throw new RangeError(`shopper id ${JSON.stringify(shopperId)}: use 1 to 128 of letters, digits and . _ @ -`);
		}
		const issuedAt = Math.floor(this.#clock.now() / 1000);
		return new SignJWT({})
			.setProtectedHeader({ alg: algorithm, typ: type })
			.setIssuer(issuer)
			.setAudience(audience)
			.setSubject(shopperId)
			.setIssuedAt(issuedAt)
			.setExpirationTime(issuedAt + livesSeconds)
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
				audience,
				typ: type,
				requiredClaims: ["sub", "iat", "exp"],
				maxTokenAge: livesSeconds,
				currentDate: new Date(this.#clock.now()),
			});
			if (payload.sub === undefined || !shopperIdPattern.test(payload.sub)) return { ok: false, reason: "no shopper" };
			return { ok: true, shopperId: payload.sub };
		} catch (error) {
			if (error instanceof errors.JOSEError) return { ok: false, reason: error.message };
			throw error;
		}
	}
}

// RFC 7518 section 3.2 asks HS256 for a key as long as the digest.
const fewestBytes = 32;
const fewestDifferentCharacters = 12;

/** @throws RangeError when a JWT secret is too short, or too plain to be random */
export function refuseWeakSecret(secret: string): void {
	const remedy = "make one with: openssl rand -base64 48";
	if (new TextEncoder().encode(secret).length < fewestBytes) {
		throw new RangeError(`JWT_SECRET has fewer than ${fewestBytes} bytes; ${remedy}`);
	}
	if (new Set(secret).size < fewestDifferentCharacters) {
		throw new RangeError(`JWT_SECRET has fewer than ${fewestDifferentCharacters} different characters; ${remedy}`);
	}
	if (/change.?me|your.?secret|example|password/i.test(secret)) {
		throw new RangeError(`JWT_SECRET looks like a placeholder; ${remedy}`);
	}
}
