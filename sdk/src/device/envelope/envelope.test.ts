import fc from "fast-check";
import { CompactSign, compactVerify } from "jose";
import { expect, test } from "vitest";
import { decodeBase64url, encodeBase64url } from "../text/base64url.ts";
import { decodeUtf8, encodeUtf8 } from "../text/utf8.ts";
import { type Claims, deriveKey, keyId, MAXIMUM_TOKEN_CHARACTERS, open, partyName, seal } from "./envelope.ts";
import { hmacSha256 } from "./hmac.ts";

const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const kid = keyId("cloud", "controller", 1);
const key = deriveKey(secret, "fridge-1", kid);
const topic = "devices/fridge-1/commands/unlock";
const expected = { iss: "cloud", aud: "fridge-1/controller", topic };
const claims: Claims = {
	...expected,
	jti: "0-1",
	seq: 1,
	nonce: "AAECAwQFBgcICQoLDA0ODw",
	iat: 1_763_000_000,
	exp: 1_763_000_030,
	body: { saleId: "sale-1", counter: 7, windowMs: 10_000, language: "es", note: "jalapeño 🥤" },
};

const arbitraryClaims: fc.Arbitrary<Claims> = fc.record(
	{
		iss: fc.constant(expected.iss),
		aud: fc.constant(expected.aud),
		jti: fc.string({ minLength: 1, maxLength: 40 }),
		seq: fc.nat(),
		topic: fc.constant(topic),
		nonce: fc.string({ minLength: 1, maxLength: 22 }),
		iat: fc.nat(),
		exp: fc.nat(),
		body: fc.jsonValue({ maxDepth: 2, stringUnit: "binary" }).filter((value) => JSON.stringify(value).length < 400),
	},
	{ requiredKeys: ["iss", "aud", "jti", "seq", "topic", "body"] },
);

/** Any payload under any header, with a seal that holds. */
function forge(header: string, payload: string, signingKey: Uint8Array = key.key): string {
	const signingInput = `${encodeBase64url(encodeUtf8(header))}.${encodeBase64url(encodeUtf8(payload))}`;
	return `${signingInput}.${encodeBase64url(hmacSha256(signingKey, encodeUtf8(signingInput)))}`;
}

const goodHeader = `{"alg":"HS256","kid":"${kid}"}`;

test("a sealed envelope opens to the claims that went in", () => {
	expect(open(key, expected, seal(key, claims))).toEqual({ ok: true, claims });
});

test("any claims survive, and jose reads the same", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryClaims, async (some) => {
			const token = seal(key, some);
			const opened = open(key, expected, token);
			// JSON has no negative zero.
			expect(opened).toEqual({ ok: true, claims: JSON.parse(JSON.stringify(some)) });
			const verified = await compactVerify(token, key.key, { algorithms: ["HS256"] });
			expect(verified.protectedHeader).toEqual({ alg: "HS256", kid });
			expect(JSON.parse(new TextDecoder().decode(verified.payload))).toEqual(JSON.parse(JSON.stringify(some)));
		}),
		{ seed: 6, numRuns: 300 },
	);
});

test("jose signs byte for byte the token that seal writes, and open takes it", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryClaims, async (some) => {
			const { iss, aud, jti, seq, nonce, iat, exp, body } = some;
			const payload = encodeUtf8(JSON.stringify({ iss, aud, jti, seq, topic, nonce, iat, exp, body }));
			const token = await new CompactSign(payload).setProtectedHeader({ alg: "HS256", kid }).sign(key.key);
			expect(token).toBe(seal(key, some));
			expect(open(key, expected, token).ok).toBe(true);
		}),
		{ seed: 7, numRuns: 300 },
	);
});

test("the order of the members does not depend on how the claims were put together", () => {
	const { body, iss, ...others } = claims;
	expect(seal(key, { body, ...others, iss })).toBe(seal(key, claims));
	expect(decodeUtf8(decodeBase64url(seal(key, claims).split(".")[0]!)!)).toBe(goodHeader);
});

test("members beyond the claims are neither sealed nor given back", () => {
	const more = { ...claims, admin: true };
	expect(seal(key, more)).toBe(seal(key, claims));
	expect(open(key, expected, forge(goodHeader, JSON.stringify(more)))).toEqual({ ok: true, claims });
});

test("another issuer, audience or topic is refused by name", () => {
	const token = seal(key, claims);
	expect(open(key, { ...expected, iss: "fridge-1/pi" }, token)).toEqual({ ok: false, refusal: "wrong-issuer" });
	expect(open(key, { ...expected, aud: "fridge-2/controller" }, token)).toEqual({
		ok: false,
		refusal: "wrong-audience",
	});
	expect(open(key, { ...expected, topic: "devices/fridge-1/commands/hello" }, token)).toEqual({
		ok: false,
		refusal: "wrong-topic",
	});
});

test("a key of the other direction, another version or another machine is refused", () => {
	const sealed = seal(key, claims);
	expect(open(deriveKey(secret, "fridge-1", keyId("controller", "cloud", 1)), expected, sealed)).toEqual({
		ok: false,
		refusal: "wrong-key",
	});
	expect(open(deriveKey(secret, "fridge-1", keyId("cloud", "controller", 2)), expected, sealed)).toEqual({
		ok: false,
		refusal: "wrong-key",
	});
	expect(open(deriveKey(secret, "fridge-2", kid), expected, sealed)).toEqual({ ok: false, refusal: "bad-signature" });
});

test.each([
	["alg none", `{"alg":"none","kid":"${kid}"}`],
	["alg HS512", `{"alg":"HS512","kid":"${kid}"}`],
	["another order", `{"kid":"${kid}","alg":"HS256"}`],
	["white space", `{"alg":"HS256", "kid":"${kid}"}`],
	["a member more", `{"alg":"HS256","kid":"${kid}","typ":"JWT"}`],
	["critical extensions", `{"alg":"HS256","kid":"${kid}","crit":["b64"],"b64":false}`],
	["no kid", `{"alg":"HS256"}`],
	["the kid of the other direction", `{"alg":"HS256","kid":"${keyId("controller", "cloud", 1)}"}`],
	["no JSON", "hello"],
])("a header with %s is refused although its seal holds", (_name, header) => {
	expect(open(key, expected, forge(header, JSON.stringify(claims)))).toEqual({ ok: false, refusal: "wrong-key" });
});

test.each([
	["no JSON", "{", "malformed"],
	["a text", '"x"', "bad-claims"],
	["null", "null", "bad-claims"],
	["an array", "[]", "bad-claims"],
	["no issuer", JSON.stringify({ ...claims, iss: undefined }), "bad-claims"],
	["an empty jti", JSON.stringify({ ...claims, jti: "" }), "bad-claims"],
	["a fraction as seq", JSON.stringify({ ...claims, seq: 1.5 }), "bad-claims"],
	["a negative seq", JSON.stringify({ ...claims, seq: -1 }), "bad-claims"],
	["a text as seq", JSON.stringify({ ...claims, seq: "1" }), "bad-claims"],
	["a number as nonce", JSON.stringify({ ...claims, nonce: 1 }), "bad-claims"],
	["a text as exp", JSON.stringify({ ...claims, exp: "tomorrow" }), "bad-claims"],
	["null as iat", JSON.stringify({ ...claims, iat: null }), "bad-claims"],
	["no body", JSON.stringify({ ...claims, body: undefined }), "bad-claims"],
	["an audience of many", JSON.stringify({ ...claims, aud: ["fridge-1/controller"] }), "bad-claims"],
])("a sealed payload with %s is refused", (_name, payload, refusal) => {
	expect(open(key, expected, forge(goodHeader, payload))).toEqual({ ok: false, refusal });
});

test("a payload that is no base64url is refused although its seal holds", () => {
	const signingInput = `${encodeBase64url(encodeUtf8(goodHeader))}.Zh`;
	const token = `${signingInput}.${encodeBase64url(hmacSha256(key.key, encodeUtf8(signingInput)))}`;
	expect(open(key, expected, token)).toEqual({ ok: false, refusal: "malformed" });
});

test("texts of another shape are malformed, and nothing of them is hashed when they are too long", () => {
	const token = seal(key, claims);
	for (const text of [
		"",
		".",
		"..",
		"a.b",
		"a..c",
		".b.c",
		"a.b.",
		`${token}.`,
		`.${token}`,
		`${token}.x`,
		token.replace(/\.[^.]*$/, ".AAAA"),
		`${token}=`,
	]) {
		expect(open(key, expected, text).ok, text).toBe(false);
	}
	expect(open(key, expected, "a.b.c.d")).toEqual({ ok: false, refusal: "malformed" });
	expect(open(key, expected, "x".repeat(MAXIMUM_TOKEN_CHARACTERS + 1))).toEqual({ ok: false, refusal: "too-long" });
});

test("the longest token opens, and one character more is not sealed", () => {
	const sized = (length: number): Claims => ({ ...claims, body: "x".repeat(length) });
	let length = 0;
	const sealable = (some: Claims): boolean => {
		try {
			seal(key, some);
			return true;
		} catch (error) {
			expect(error).toBeInstanceOf(RangeError);
			return false;
		}
	};
	while (sealable(sized(length + 1))) length++;
	const token = seal(key, sized(length));
	expect(token.length).toBeGreaterThan(MAXIMUM_TOKEN_CHARACTERS - 3);
	expect(open(key, expected, token).ok).toBe(true);
	expect(() => seal(key, sized(length + 1))).toThrow(/Send less in one message/);
});

test("claims that would not open are not sealed", () => {
	expect(() => seal(key, { ...claims, seq: -1 })).toThrow(RangeError);
	expect(() => seal(key, { ...claims, jti: "" })).toThrow(RangeError);
	expect(() => seal(key, { ...claims, body: undefined })).toThrow(RangeError);
	expect(() => seal({ kid, key: new Uint8Array(31) }, claims)).toThrow(/31 bytes instead of 32/);
	expect(() => open({ kid, key: new Uint8Array(0) }, expected, "a.b.c")).toThrow(RangeError);
});

test("keys of machines, directions and versions all differ, and an id with a slash gets none", () => {
	const kids = [
		keyId("cloud", "controller", 1),
		keyId("controller", "cloud", 1),
		keyId("cloud", "pi", 1),
		keyId("cloud", "controller", 2),
	];
	const keys = ["fridge-1", "fridge-2"].flatMap((machine) =>
		kids.map((name) => Buffer.from(deriveKey(secret, machine, name).key).toString("hex")),
	);
	expect(new Set(keys).size).toBe(8);
	expect(keys[0]).toHaveLength(64);
	expect(() => deriveKey(secret, "a/b", kid)).toThrow(RangeError);
	expect(() => deriveKey(secret, "", kid)).toThrow(RangeError);
	expect(() => deriveKey(secret.slice(0, 15), "a", kid)).toThrow(/at least 16 bytes/);
	expect(() => keyId("cloud", "pi", 0)).toThrow(RangeError);
	expect(partyName("fridge-1", "cloud")).toBe("cloud");
	expect(partyName("fridge-1", "pi")).toBe("fridge-1/pi");
});

test("none of 10,000 mutated envelopes is accepted, and none throws", () => {
	const reverse = deriveKey(secret, "fridge-1", keyId("controller", "cloud", 1));
	const foreign = deriveKey(secret, "fridge-2", kid);
	const headers = [`{"alg":"none","kid":"${kid}"}`, `{"alg":"HS384","kid":"${kid}"}`, `{"alg":"HS256"}`, "{}", ""];
	const parts = (token: string): string[] => token.split(".");
	const mutation: fc.Arbitrary<(token: string, other: string) => string> = fc.oneof(
		fc.tuple(fc.nat(), fc.integer({ min: 1, max: 127 })).map(([at, flip]) => (token: string) => {
			const index = at % token.length;
			return token.slice(0, index) + String.fromCharCode(token.charCodeAt(index) ^ flip) + token.slice(index + 1);
		}),
		fc
			.tuple(fc.nat(), fc.string({ unit: "binary", minLength: 1, maxLength: 4 }))
			.map(([at, text]) => (token: string) => {
				const index = at % (token.length + 1);
				return token.slice(0, index) + text + token.slice(index);
			}),
		fc.tuple(fc.nat(), fc.integer({ min: 1, max: 600 })).map(([at, count]) => (token: string) => {
			const index = at % token.length;
			return token.slice(0, index) + token.slice(index + count);
		}),
		fc.nat().map((at) => (token: string) => token.slice(0, at % token.length)),
		fc
			.constantFrom([1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0])
			.map((order) => (token: string) => order.map((index) => parts(token)[index]).join(".")),
		fc.constantFrom(0b001, 0b010, 0b011, 0b101, 0b110, 0b100).map(
			(from) => (token: string, other: string) =>
				parts(token)
					.map((part, index) => ((from >> index) & 1 ? parts(other)[index] : part))
					.join("."),
		),
		fc
			.tuple(fc.constantFrom(...headers), fc.constantFrom("keep", "none", "valid"))
			.map(([header, signature]) => (token: string) => {
				const payload = JSON.stringify(claims);
				const forged = forge(header, payload);
				if (signature === "valid") return forged;
				return `${parts(forged)[0]}.${parts(token)[1]}.${signature === "keep" ? parts(token)[2] : ""}`;
			}),
		fc.constantFrom(reverse, foreign).map((wrong) => () => seal(wrong, claims)),
		fc
			.constantFrom("devices/fridge-1/commands/hello", "devices/fridge-2/commands/unlock", "x")
			.map((wrong) => () => seal(key, { ...claims, topic: wrong })),
		fc
			.constantFrom("fridge-2/controller", "fridge-1/pi", "cloud")
			.map((wrong) => () => seal(key, { ...claims, aud: wrong })),
		fc.constantFrom("fridge-1/controller", "fridge-1/pi").map((wrong) => () => seal(key, { ...claims, iss: wrong })),
		fc.string({ unit: "binary", maxLength: 2100 }).map((text) => () => text),
	);
	const first = seal(key, claims);
	const second = seal(foreign, { ...claims, seq: 2, jti: "0-2" });
	let tried = 0;
	fc.assert(
		fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
			const token = mutations.reduce(
				(text, mutate) => (text.length > 0 && parts(text).length === 3 ? mutate(text, second) : text),
				first,
			);
			fc.pre(token !== first);
			tried++;
			expect(open(key, expected, token).ok).toBe(false);
		}),
		{ seed: 8, numRuns: 10_000 },
	);
	expect(tried).toBe(10_000);
});
