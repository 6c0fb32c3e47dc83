import { createHash } from "node:crypto";

/** What is kept of a random secret of 256 bits; nothing slower is needed for what nobody can guess. */
export function secretHash(secret: string): string {
	return createHash("sha256").update(secret).digest("base64url");
}
