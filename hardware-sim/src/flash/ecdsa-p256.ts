import { createHmac } from "node:crypto";

// ECDSA (FIPS 186-5, section 6.4) on the curve P-256 (SP 800-186, section 3.2.1.3). Verification is for a digest that
// was made elsewhere: node:crypto takes only what it hashes itself. Signing is deterministic (RFC 6979), which
// node:crypto's is not: a run that is played again must have the same signatures. It is for simulations alone: it takes
// no care of side channels.

const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const generator: Point = {
	x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
	y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

interface Point {
	readonly x: bigint;
	readonly y: bigint;
}

/** `publicKey`: 65 bytes, SEC 1 §2.3.3 uncompressed. `digest`: 32 bytes. `signature`: r and s, 32 bytes each. */
export function verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
	if (publicKey.length !== 65 || publicKey[0] !== 4 || digest.length !== 32 || signature.length !== 64) return false;
	const key: Point = { x: integer(publicKey.subarray(1, 33)), y: integer(publicKey.subarray(33)) };
	if (key.x >= p || key.y >= p || modulo(key.y * key.y - (key.x * key.x * key.x - 3n * key.x + b), p) !== 0n)
		return false;
	const [r, s] = [integer(signature.subarray(0, 32)), integer(signature.subarray(32))];
	if (r < 1n || r >= n || s < 1n || s >= n) return false;
	const inverse = invert(s, n);
	const sum = sumOfMultiples(
		projective(generator),
		modulo(integer(digest) * inverse, n),
		projective(key),
		modulo(r * inverse, n),
	);
	return sum.z !== 0n && modulo(modulo(sum.x * invert(sum.z * sum.z, p), p), n) === r;
}

/** `secret`: 32 bytes. The public key, 65 bytes, SEC 1 §2.3.3 uncompressed. */
export function publicKeyP256(secret: Uint8Array): Uint8Array {
	const { x, y } = affine(multiple(generator, integer(secret)));
	return Buffer.concat([Buffer.of(4), octets(x), octets(y)]);
}

/** `secret` and `digest`: 32 bytes, the digest SHA-256. r and s, 32 bytes each, as RFC 6979, section 3.2, makes them. */
export function signP256(secret: Uint8Array, digest: Uint8Array): Uint8Array {
	const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]) =>
		parts.reduce((hash, part) => hash.update(part), createHmac("sha256", key)).digest();
	const seed = Buffer.concat([octets(integer(secret)), octets(modulo(integer(digest), n))]);
	let key: Uint8Array = new Uint8Array(32);
	let value: Uint8Array = new Uint8Array(32).fill(1);
	for (const step of [0, 1]) {
		key = hmac(key, value, Buffer.of(step), seed);
		value = hmac(key, value);
	}
	for (;;) {
		value = hmac(key, value);
		const k = integer(value);
		if (k >= 1n && k < n) {
			const r = modulo(affine(multiple(generator, k)).x, n);
			const s = modulo(invert(k, n) * (integer(digest) + r * integer(secret)), n);
			if (r !== 0n && s !== 0n) return Buffer.concat([octets(r), octets(s)]);
		}
		key = hmac(key, value, Buffer.of(0));
		value = hmac(key, value);
	}
}

function multiple(point: Point, factor: bigint): ProjectivePoint {
	return sumOfMultiples(projective(point), factor, infinity, 0n);
}

function affine({ x, y, z }: ProjectivePoint): Point {
	const inverse = invert(z, p);
	return { x: modulo(x * inverse * inverse, p), y: modulo(y * inverse * inverse * inverse, p) };
}

function octets(value: bigint): Uint8Array {
	return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** Jacobian coordinates: (x / z², y / z³), infinity with z = 0. They need no division until the end. */
interface ProjectivePoint extends Point {
	readonly z: bigint;
}

const infinity: ProjectivePoint = { x: 1n, y: 1n, z: 0n };

function projective({ x, y }: Point): ProjectivePoint {
	return { x, y, z: 1n };
}

/** Both multiples at once: one doubling a bit, and one addition where a bit of either factor is set. */
function sumOfMultiples(
	one: ProjectivePoint,
	oneFactor: bigint,
	other: ProjectivePoint,
	otherFactor: bigint,
): ProjectivePoint {
	const addends = [infinity, one, other, add(one, other)];
	let result = infinity;
	for (let bit = 255n; bit >= 0n; bit--) {
		result = double(result);
		const which = Number((oneFactor >> bit) & 1n) + 2 * Number((otherFactor >> bit) & 1n);
		if (which !== 0) result = add(result, addends[which] ?? infinity);
	}
	return result;
}

function double({ x, y, z }: ProjectivePoint): ProjectivePoint {
	if (z === 0n || y === 0n) return infinity;
	const ySquared = modulo(y * y, p);
	const s = modulo(4n * x * ySquared, p);
	const zSquared = modulo(z * z, p);
	const m = modulo(3n * (x - zSquared) * (x + zSquared), p);
	const doubledX = modulo(m * m - 2n * s, p);
	return { x: doubledX, y: modulo(m * (s - doubledX) - 8n * ySquared * ySquared, p), z: modulo(2n * y * z, p) };
}

function add(one: ProjectivePoint, other: ProjectivePoint): ProjectivePoint {
	if (one.z === 0n) return other;
	if (other.z === 0n) return one;
	const oneZSquared = modulo(one.z * one.z, p);
	const otherZSquared = modulo(other.z * other.z, p);
	const u = modulo(one.x * otherZSquared, p);
	const s = modulo(one.y * otherZSquared * other.z, p);
	const h = modulo(other.x * oneZSquared - u, p);
	const r = modulo(other.y * oneZSquared * one.z - s, p);
	if (h === 0n) return r === 0n ? double(one) : infinity;
	const hSquared = modulo(h * h, p);
	const hCubed = modulo(h * hSquared, p);
	const v = modulo(u * hSquared, p);
	const x = modulo(r * r - hCubed - 2n * v, p);
	return { x, y: modulo(r * (v - x) - s * hCubed, p), z: modulo(h * one.z * other.z, p) };
}

/** By the extended Euclidean algorithm; `value` has no common factor with `modulus`. */
function invert(value: bigint, modulus: bigint): bigint {
	let [rest, next] = [modulus, modulo(value, modulus)];
	let [result, following] = [0n, 1n];
	while (next !== 0n) {
		const quotient = rest / next;
		[rest, next] = [next, rest - quotient * next];
		[result, following] = [following, result - quotient * following];
	}
	return modulo(result, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
	const rest = value % modulus;
	return rest < 0n ? rest + modulus : rest;
}

function integer(bytes: Uint8Array): bigint {
	return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
