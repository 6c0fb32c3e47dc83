import { createHmac, KeyObject, timingSafeEqual, webcrypto } from "node:crypto";
import { z } from "zod";

type Data = webcrypto.BufferSource;

const hashSchema = z.object({ name: z.literal("HMAC"), hash: z.object({ name: z.string() }) });

let isPrompt = false;

/**
 * From now on HMACs of WebCrypto are made in the turn in which they are asked for, in this process. Node makes them in
 * its thread pool, and which of two comes back first is the computer's choice: two messages that arrive at one moment
 * of virtual time would be stored in an order that no seed decides. What is computed stays the same, and so does
 * everything that is no HMAC.
 */
export function makeWebCryptoPrompt(): void {
	if (isPrompt) return;
	isPrompt = true;
	const { subtle } = webcrypto;
	const sign = subtle.sign.bind(subtle);
	const verify = subtle.verify.bind(subtle);
	const keys = new WeakMap<webcrypto.CryptoKey, KeyObject>();

	/** `undefined` for what is left to Node: other algorithms, and keys that may not do it, which it refuses. */
	function macOf(key: webcrypto.CryptoKey, usage: "sign" | "verify", data: Data): Buffer | undefined {
		const algorithm = hashSchema.safeParse(key.algorithm);
		if (!algorithm.success || !key.usages.includes(usage)) return undefined;
		const secret = keys.get(key) ?? KeyObject.from(key);
		keys.set(key, secret);
		return createHmac(algorithm.data.hash.name.replace("-", ""), secret).update(bytesOf(data)).digest();
	}

	subtle.sign = async (algorithm, key, data) => {
		const mac = macOf(key, "sign", data);
		return mac === undefined ? sign(algorithm, key, data) : Uint8Array.from(mac).buffer;
	};
	subtle.verify = async (algorithm, key, signature, data) => {
		const mac = macOf(key, "verify", data);
		if (mac === undefined) return verify(algorithm, key, signature, data);
		const claimed = bytesOf(signature);
		return claimed.length === mac.length && timingSafeEqual(claimed, mac);
	};
}

function bytesOf(data: Data): Uint8Array {
	return ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
}
