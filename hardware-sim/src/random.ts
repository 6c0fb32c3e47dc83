/**
 * Chance that repeats: the same seed gives the same numbers on every machine.
 *
 * The generator is xoshiro128** 1.1 (Blackman and Vigna, 2018), seeded through splitmix32.
 */
export class SeededRandom {
	readonly #seed: number;
	#a: number;
	#b: number;
	#c: number;
	#d: number;
	#spare: number | undefined;

	/** `seed`: an integer; its low 32 bits count. */
	constructor(seed: number) {
		if (!Number.isSafeInteger(seed)) throw new RangeError(`SeededRandom: the seed is an integer, not ${seed}.`);
		this.#seed = seed >>> 0;
		let state = this.#seed;
		const next = (): number => {
			state = (state + 0x9e3779b9) | 0;
			let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
			mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
			return (mixed ^ (mixed >>> 16)) | 0;
		};
		this.#a = next();
		this.#b = next();
		this.#c = next();
		this.#d = next() | 1; // never all zero
	}

	/** Uniform in [0, 1), 32 bits of it. */
	next(): number {
		return this.#word() / 0x1_0000_0000;
	}

	/** Normal, mean 0, standard deviation 1 (Marsaglia's polar method). */
	gaussian(): number {
		if (this.#spare !== undefined) {
			const spare = this.#spare;
			this.#spare = undefined;
			return spare;
		}
		for (;;) {
			const x = 2 * this.next() - 1;
			const y = 2 * this.next() - 1;
			const square = x * x + y * y;
			if (square === 0 || square >= 1) continue;
			const scale = Math.sqrt((-2 * Math.log(square)) / square);
			this.#spare = y * scale;
			return x * scale;
		}
	}

	bytes(byteLength: number): Uint8Array {
		const bytes = new Uint8Array(byteLength);
		for (let i = 0; i < byteLength; i++) bytes[i] = this.#word() >>> 24;
		return bytes;
	}

	/**
	 * A generator of its own for one part of the world. It depends on the seed and the name alone, not on what was
	 * drawn before: a new part does not change the fate of the others.
	 */
	fork(name: string): SeededRandom {
		let hash = 0x811c9dc5 ^ this.#seed; // FNV-1a, 32 bit
		for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
		return new SeededRandom(hash >>> 0);
	}

	#word(): number {
		const product = Math.imul(this.#b, 5);
		const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
		const shifted = this.#b << 9;
		this.#c ^= this.#a;
		this.#d ^= this.#b;
		this.#b ^= this.#c;
		this.#a ^= this.#d;
		this.#c ^= shifted;
		this.#d = (this.#d << 11) | (this.#d >>> 21);
		return result;
	}
}
