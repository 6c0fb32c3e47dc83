import { type Random, randomId } from "@visionvend/sdk/random";
import { secretHash } from "./secret-hash.ts";

const pattern = /^vvk_([\w-]{22})_([\w-]{43})$/;

/** A new key: what its holder gets once, and what is kept. */
export interface NewApiKey {
	readonly id: string;
	/** `vvk_{id}_{secret}`. */
	readonly text: string;
	readonly secretHash: string;
}

export function newApiKey(random: Random): NewApiKey {
	const id = randomId(random);
	const secret = Buffer.from(random(32)).toString("base64url");
	return { id, text: `vvk_${id}_${secret}`, secretHash: secretHash(secret) };
}

/** The parts of a key; `undefined` when the text is none. */
export function parseApiKey(text: string): { id: string; secretHash: string } | undefined {
	const [, id, secret] = pattern.exec(text) ?? [];
	return id === undefined || secret === undefined ? undefined : { id, secretHash: secretHash(secret) };
}
