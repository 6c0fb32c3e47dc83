import type { Random } from "@visionvend/sdk/random";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` letters and digits; the same random bytes give the same text. */
export function randomText(random: Random, length: number): string {
	let text = "";
	for (const byte of random(length)) text += alphabet.charAt(byte % alphabet.length);
	return text;
}

/** An id in Stripe's form, e.g. `pi_` and 24 letters and digits. */
export function randomObjectId(random: Random, prefix: string): string {
	return `${prefix}_${randomText(random, 24)}`;
}
