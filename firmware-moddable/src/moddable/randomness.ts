import { SHA256_BYTES, sha256 } from "@visionvend/sdk/device/envelope/sha256";

/**
 * Random bytes out of a seed that nobody can foretell. An ESP32 has a source of true chance only while a radio is on, or
 * while the ADC is lent to it (ESP-IDF, "Random Number Generation"): it is asked once, before both are needed
 * otherwise. Whatever its registers give afterwards is stirred in and not relied upon.
 */
export class Randomness {
	#state: Uint8Array;
	readonly #more: () => number;

	/** `seed`: 32 bytes or more of true chance. `more`: 32 bits that may be chance. */
	constructor(seed: Uint8Array, more: () => number) {
		this.#state = sha256(seed);
		this.#more = more;
	}

	bytes(byteLength: number): Uint8Array {
		const bytes = new Uint8Array(byteLength);
		for (let done = 0; done < byteLength; done += SHA256_BYTES) {
			bytes.set(this.#next(1).subarray(0, byteLength - done), done);
			// What was given out tells nothing about what comes, nor the other way round.
			this.#state = this.#next(0);
		}
		return bytes;
	}

	/** SHA-256 of the state, a number that tells two uses apart, and 32 fresh bits. */
	#next(use: number): Uint8Array {
		const input = new Uint8Array(SHA256_BYTES + 5);
		const more = this.#more();
		input.set(this.#state);
		input.set([use, more >>> 24, more >>> 16, more >>> 8, more], SHA256_BYTES);
		return sha256(input);
	}
}
