import fc from "fast-check";
import { expect, test } from "vitest";
import { type Claims, deriveKey, keyId, open, partyName, seal } from "../device/envelope/envelope.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";

const secret = new Uint8Array(32).fill(7);
const key = deriveKey(secret, "fridge-1", keyId("cloud", "controller", 1));
const reportKey = deriveKey(secret, "fridge-1", keyId("pi", "cloud", 1));
const expected = { iss: "cloud", aud: partyName("fridge-1", "controller"), topic: "devices/fridge-1/commands/unlock" };
const claims: Claims = { ...expected, jti: "j-1", seq: 3, nonce: "n", iat: 1, exp: 2, body: { saleId: "s", ä: "€" } };

const optional = { requiredKeys: ["iss", "aud", "jti", "seq", "topic", "body"] as const };
const text = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const anyClaims: fc.Arbitrary<Claims> = fc
	.record(
		{
			iss: text,
			aud: text,
			jti: text,
			seq: fc.nat(),
			topic: text,
			nonce: text,
			iat: fc.nat(),
			exp: fc.nat(),
			body: fc.jsonValue({ maxDepth: 2 }),
		},
		{ requiredKeys: [...optional.requiredKeys] },
	)
	.filter((value) => JSON.stringify(value).length < 900);

test("cloud and device seal to the same bytes", async () => {
	await fc.assert(
		fc.asyncProperty(anyClaims, async (any) => {
			expect(await sealEnvelope(key, any)).toBe(seal(key, any));
		}),
		{ seed: 1, numRuns: 200 },
	);
});

test("cloud and device open and refuse the same tokens, mutated ones included", async () => {
	const token = seal(key, claims);
	const mutations = fc.oneof(
		fc
			.record({ at: fc.nat(token.length - 1), by: fc.constantFrom("A", "b", "0", "-", "_", ".", "=", " ", "é") })
			.map(({ at, by }) => token.slice(0, at) + by + token.slice(at + 1)),
		fc.nat(token.length).map((at) => token.slice(0, at)),
		fc.nat(token.length).map((at) => `${token.slice(0, at)}.${token.slice(at)}`),
		fc.string({ maxLength: 200 }),
		fc.constantFrom(token, `${token}A`, `${token}=`, `${token}\n`, "", ".", "..", "a.b.c", "x".repeat(3000)),
	);
	await fc.assert(
		fc.asyncProperty(mutations, async (mutated) => {
			expect(openEnvelope(key, expected, mutated)).toEqual(open(key, expected, mutated));
		}),
		{ seed: 2, numRuns: 1000 },
	);
});

test("cloud and device agree on sealed payloads that are not claims", async () => {
	const { CompactSign } = await import("jose");
	for (const payload of [
		"null",
		"[]",
		"{",
		'"x"',
		"{}",
		JSON.stringify({ ...claims, seq: -1 }),
		JSON.stringify({ ...claims, nonce: "" }),
	]) {
		const token = await new CompactSign(Buffer.from(payload))
			.setProtectedHeader({ alg: "HS256", kid: key.kid })
			.sign(key.key);
		const refused = openEnvelope(key, expected, token);
		expect(refused).toEqual(open(key, expected, token));
		expect(refused.ok).toBe(false);
	}
});

test("0.4 a token for another party, topic or direction does not open", async () => {
	const token = await sealEnvelope(key, claims);
	expect(openEnvelope(key, { ...expected, iss: "x" }, token)).toEqual({ ok: false, refusal: "wrong-issuer" });
	expect(openEnvelope(key, { ...expected, aud: "x" }, token)).toEqual({ ok: false, refusal: "wrong-audience" });
	expect(openEnvelope(key, { ...expected, topic: "x" }, token)).toEqual({ ok: false, refusal: "wrong-topic" });
	expect(openEnvelope(reportKey, expected, token)).toEqual({ ok: false, refusal: "wrong-key" });
});

test("a report to the cloud may be longer than what a controller can hold", async () => {
	const long = { ...claims, body: "x".repeat(4000) };
	const token = await sealEnvelope(reportKey, long);
	expect(token.length).toBeGreaterThan(2048);
	expect(openEnvelope(reportKey, expected, token).ok).toBe(true);
	await expect(sealEnvelope(key, long)).rejects.toThrow(/the most is 2048/);
});
