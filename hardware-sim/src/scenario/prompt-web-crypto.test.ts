import { createHmac, webcrypto } from "node:crypto";
import { expect, test } from "vitest";
import { makeWebCryptoPrompt } from "./prompt-web-crypto.ts";

const { subtle } = webcrypto;
const secret = new Uint8Array(32).fill(7);
const text = new TextEncoder().encode("a sale");
const hmac = { name: "HMAC", hash: "SHA-256" } as const;

test("seals are what they were, come in the turn in which they are asked for, and other keys are refused as ever", async () => {
	makeWebCryptoPrompt();
	makeWebCryptoPrompt();
	const key = await subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]);
	const order: string[] = [];
	const later = new Promise<void>((resolve) => {
		setImmediate(() => {
			order.push("next turn");
			resolve();
		});
	});
	const seal = subtle.sign("HMAC", key, text).then((signature) => {
		order.push("seal");
		return new Uint8Array(signature);
	});
	await Promise.all([seal, later]);
	expect(order).toEqual(["seal", "next turn"]);
	expect(Buffer.from(await seal)).toEqual(createHmac("sha256", secret).update(text).digest());
	expect(await subtle.verify("HMAC", key, await seal, text)).toBe(true);
	for (const wrong of [(await seal).map((byte) => byte ^ 1), (await seal).subarray(1), new Uint8Array(0)])
		expect(await subtle.verify("HMAC", key, wrong, text)).toBe(false);

	const reader = await subtle.importKey("raw", secret, hmac, false, ["verify"]);
	await expect(subtle.sign("HMAC", reader, text)).rejects.toThrow(/key/);
	expect(await subtle.verify("HMAC", reader, await seal, text)).toBe(true);
	const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
	const ecdsa = { name: "ECDSA", hash: "SHA-256" };
	const signature = await subtle.sign(ecdsa, pair.privateKey, text);
	expect(await subtle.verify(ecdsa, pair.publicKey, signature, text)).toBe(true);
});
