import { randomBytes } from "node:crypto";

/** A source of chance: `byteLength` bytes that nobody can foresee. A simulation passes a seeded one. */
export type Random = (byteLength: number) => Uint8Array;

/** The operating system's generator. */
export const systemRandom: Random = (byteLength) => new Uint8Array(randomBytes(byteLength));

/** A name that no two calls share: 16 random bytes as 22 characters of base64url. */
export function randomId(random: Random): string {
	return Buffer.from(random(16)).toString("base64url");
}
