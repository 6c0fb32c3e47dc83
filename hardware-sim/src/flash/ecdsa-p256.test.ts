import { createHash, sign } from "node:crypto";
import { expect, test } from "vitest";
import { publicKeyP256, signP256, verifyP256 } from "./ecdsa-p256.ts";
import { firmwarePublicKey, makeFirmwareKey } from "./sign-firmware.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const sha256 = (text: string) => createHash("sha256").update(text).digest();

test("the signature of RFC 6979 over 'sample' on P-256 with SHA-256 holds, and not over another text", () => {
	const key = bytes(
		"0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
	);
	const signature = bytes(
		"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
	);
	expect(verifyP256(key, sha256("sample"), signature)).toBe(true);
	expect(verifyP256(key, sha256("test"), signature)).toBe(false);
});

test("signing is that of RFC 6979, A.2.5", () => {
	const secret = bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
	expect(Buffer.from(publicKeyP256(secret)).toString("hex")).toBe(
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	);
	expect(Buffer.from(signP256(secret, sha256("sample"))).toString("hex")).toBe(
		"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
	);
	expect(Buffer.from(signP256(secret, sha256("test"))).toString("hex")).toBe(
		"f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
	);
});

test("whatever node:crypto signs holds; with one bit changed anywhere it does not", () => {
	for (let round = 0; round < 8; round++) {
		const privateKey = makeFirmwareKey();
		const key = firmwarePublicKey(privateKey);
		const text = `round ${round}`;
		const digest = sha256(text);
		const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
		expect(verifyP256(key, digest, signature)).toBe(true);
		for (const part of [key, digest, signature]) {
			const at = (7 * round) % part.length;
			part[at] = (part[at] ?? 0) ^ (1 << round);
			expect(verifyP256(key, digest, signature)).toBe(false);
			part[at] = (part[at] ?? 0) ^ (1 << round);
		}
	}
});

const order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const zero = new Uint8Array(32);
const one = Uint8Array.from(zero).fill(1, 31);

test.each([
	["r is 0", zero, one],
	["s is 0", one, zero],
	["both are 0", zero, zero],
	["r is the order", order, one],
	["s is the order", one, order],
])("refused: %s", (_name, r, s) => {
	const key = firmwarePublicKey(makeFirmwareKey());
	expect(verifyP256(key, zero, Buffer.concat([r, s]))).toBe(false);
	expect(verifyP256(key, sha256("x"), Buffer.concat([r, s]))).toBe(false);
});

test("refused: a key that is no point of the curve, or has another form or length", () => {
	const key = firmwarePublicKey(makeFirmwareKey());
	const signature = Buffer.concat([one, one]);
	expect(verifyP256(new Uint8Array(65).fill(4, 0, 1), zero, signature)).toBe(false);
	expect(verifyP256(key.subarray(0, 33), zero, signature)).toBe(false);
	expect(verifyP256(Uint8Array.from(key).fill(2, 0, 1), zero, signature)).toBe(false);
	expect(verifyP256(key, zero.subarray(1), signature)).toBe(false);
	expect(verifyP256(key, zero, signature.subarray(1))).toBe(false);
});
