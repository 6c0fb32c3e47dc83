/** FIPS 180-4 section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS: readonly number[] = Object.freeze([
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
	0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
]);

/** Bytes of a block. */
export const SHA256_BLOCK_BYTES = 64;

/** Bytes of a digest. */
export const SHA256_BYTES = 32;

/** SHA-256 (FIPS 180-4 section 6.2) over pieces. After `digest` the instance is spent. */
export class Sha256 {
	// FIPS 180-4 section 5.3.3: the square roots of the first eight primes.
	readonly #state = Int32Array.of(
		0x6a09e667,
		0xbb67ae85,
		0x3c6ef372,
		0xa54ff53a,
		0x510e527f,
		0x9b05688c,
		0x1f83d9ab,
		0x5be0cd19,
	);
	readonly #schedule = new Int32Array(64);
	readonly #block = new Uint8Array(SHA256_BLOCK_BYTES);
	#filled = 0;
	#byteLength = 0;

	/** Adds `bytes` to the message. */
	update(bytes: Uint8Array): this {
		this.#byteLength += bytes.length;
		let taken = 0;
		if (this.#filled > 0) {
			taken = Math.min(SHA256_BLOCK_BYTES - this.#filled, bytes.length);
			this.#block.set(bytes.subarray(0, taken), this.#filled);
			this.#filled += taken;
			if (this.#filled < SHA256_BLOCK_BYTES) return this;
			this.#compress(this.#block, 0);
			this.#filled = 0;
		}
		for (; taken + SHA256_BLOCK_BYTES <= bytes.length; taken += SHA256_BLOCK_BYTES) this.#compress(bytes, taken);
		this.#block.set(bytes.subarray(taken));
		this.#filled = bytes.length - taken;
		return this;
	}

	/** The 32 bytes of the digest of everything that was added. */
	digest(): Uint8Array {
		// Section 5.1.1: a one bit, zeros, and the length in bits as 64 bits, big-endian.
		const block = this.#block;
		block[this.#filled] = 0x80;
		block.fill(0, this.#filled + 1);
		if (this.#filled >= 56) {
			this.#compress(block, 0);
			block.fill(0);
		}
		putWord(block, 56, Math.floor(this.#byteLength / 0x2000_0000));
		putWord(block, 60, this.#byteLength << 3);
		this.#compress(block, 0);
		const digest = new Uint8Array(SHA256_BYTES);
		for (let index = 0; index < 8; index++) putWord(digest, index * 4, this.#state[index]!);
		return digest;
	}

	#compress(bytes: Uint8Array, offset: number): void {
		const words = this.#schedule;
		for (let index = 0; index < 16; index++, offset += 4) {
			words[index] =
				(bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
		}
		for (let index = 16; index < 64; index++) {
			const x = words[index - 15]!;
			const y = words[index - 2]!;
			const sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
			const sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
			words[index] = words[index - 16]! + sigma0 + words[index - 7]! + sigma1;
		}
		const state = this.#state;
		let a = state[0]!;
		let b = state[1]!;
		let c = state[2]!;
		let d = state[3]!;
		let e = state[4]!;
		let f = state[5]!;
		let g = state[6]!;
		let h = state[7]!;
		for (let index = 0; index < 64; index++) {
			const sigma1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const choice = (e & f) ^ (~e & g);
			const first = (h + sigma1 + choice + ROUND_CONSTANTS[index]! + words[index]!) | 0;
			const sigma0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const majority = (a & b) ^ (a & c) ^ (b & c);
			h = g;
			g = f;
			f = e;
			e = (d + first) | 0;
			d = c;
			c = b;
			b = a;
			a = (first + sigma0 + majority) | 0;
		}
		state[0] = state[0]! + a;
		state[1] = state[1]! + b;
		state[2] = state[2]! + c;
		state[3] = state[3]! + d;
		state[4] = state[4]! + e;
		state[5] = state[5]! + f;
		state[6] = state[6]! + g;
		state[7] = state[7]! + h;
	}
}

/** The SHA-256 digest of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
	return new Sha256().update(bytes).digest();
}

function putWord(bytes: Uint8Array, offset: number, word: number): void {
	bytes[offset] = word >>> 24;
	bytes[offset + 1] = word >>> 16;
	bytes[offset + 2] = word >>> 8;
	bytes[offset + 3] = word;
}
