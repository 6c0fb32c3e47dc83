const firstBytes = 65_536;
/** Bytes of UTF-8 that one character of a JavaScript string takes at most. */
const mostBytesOfCharacter = 3;

/**
 * Texts that wait outside of the heap of JavaScript. Ten thousand that wait there as strings are moved twice each by the
 * garbage collector, which costs more than writing them down and reading them again (measured).
 */
export class TextsOutside {
	#bytes = Buffer.allocUnsafe(firstBytes);
	/** Where each text ends, and the next one begins. */
	readonly #ends: number[] = [];

	/** @returns its place */
	add(text: string): number {
		const from = this.#ends.at(-1) ?? 0;
		const room = from + mostBytesOfCharacter * text.length;
		if (room > this.#bytes.length) {
			const larger = Buffer.allocUnsafe(Math.max(room, 2 * this.#bytes.length));
			this.#bytes.copy(larger, 0, 0, from);
			this.#bytes = larger;
		}
		return this.#ends.push(from + this.#bytes.write(text, from)) - 1;
	}

	at(place: number): string {
		return this.#bytes.toString("utf8", place === 0 ? 0 : this.#ends[place - 1], this.#ends[place]);
	}
}
