import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/** The name of the cookie of pages. `__Host-`: only over TLS (or localhost), only from this host, for every path. */
export const cookieName = "__Host-visionvend";

/** Tokens that a page sends back in `X-CSRF-Token`: they follow from the login, and no other site can read them. */
export class CsrfTokens {
	readonly #key: Buffer;

	constructor(secret: string) {
		this.#key = Buffer.from(hkdfSync("sha256", secret, "", "visionvend csrf", 32));
	}

	issue(sessionId: string): string {
		return createHmac("sha256", this.#key).update(sessionId).digest("base64url");
	}

	fits(sessionId: string, token: string | undefined): boolean {
		const expected = Buffer.from(this.issue(sessionId));
		const given = Buffer.from(token ?? "");
		return given.length === expected.length && timingSafeEqual(given, expected);
	}
}
