import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Random } from "@visionvend/sdk/random";

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts single fields that must be read again: AES-256-GCM (NIST SP 800-38D), under a key of the cloud's secret. */
export class SealedText {
	readonly #key: Buffer;
	readonly #random: Random;

	constructor(secret: string, random: Random) {
		this.#key = Buffer.from(hkdfSync("sha256", secret, "", "visionvend sealed text", 32));
		this.#random = random;
	}

	/** `place` is authenticated with the text: sealed for one place, it opens in no other. */
	seal(text: string, place: string): string {
		const nonce = this.#random(nonceBytes);
		const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(place));
		const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
		return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
	}

	/** @throws Error when it was changed, or sealed for another place or under another secret */
	open(sealed: string, place: string): string {
		const bytes = Buffer.from(sealed, "base64url");
		const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
		const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, nonceBytes), {
			authTagLength: tagBytes,
		})
			.setAAD(Buffer.from(place))
			.setAuthTag(tag);
		return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
	}
}
