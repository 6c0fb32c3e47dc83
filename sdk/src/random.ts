import { randomBytes } from "node:crypto";

/** A source of chance: `byteLength` bytes that nobody can foresee. A simulation passes a seeded one. */
export type Random = (byteLength: number) => Uint8Array;

const poolBytes = 4_096;
let pool = new Uint8Array(0);
let used = 0;

/** The operating system's generator, asked for some hundred numbers at a time. */
export const systemRandom: Random = (byteLength) => {
	if (byteLength > poolBytes) return new Uint8Array(randomBytes(byteLength));
	if (used + byteLength > pool.length) {
		pool = new Uint8Array(randomBytes(poolBytes));
		used = 0;
	}
	const bytes = pool.slice(used, used + byteLength);
	// What was given out is a secret of whoever has it.
	pool.fill(0, used, used + byteLength);
	used += byteLength;
	return bytes;
};

/** A name that no two calls share: 16 random bytes as 22 characters of base64url. */
export function randomId(random: Random): string {
	return Buffer.from(random(16)).toString("base64url");
}
