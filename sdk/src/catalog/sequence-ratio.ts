/**
 * How alike two texts are, from 0 to 1: twice the characters in common blocks over all characters of both. Equal, on
 * every input, to `difflib.SequenceMatcher(None, a, b).ratio()` of Python 3, which counts in code points, and, of a
 * second text of 200 characters or more, starts no block at a character that makes up over 1 % of it ("autojunk").
 * Not symmetric, as difflib's is not. Source: Lib/difflib.py's documented behaviour (Ratcliff and Obershelp, 1988).
 */
export function sequenceRatio(a: string, b: string): number {
	const left = codePoints(a);
	const right = codePoints(b);
	const length = left.length + right.length;
	return length === 0 ? 1 : (2 * matchingCharacters(left, right)) / length;
}

/** What `sequenceRatio` cannot exceed for texts of these lengths, in code points; cheap. */
export function sequenceRatioBound(lengthA: number, lengthB: number): number {
	const length = lengthA + lengthB;
	return length === 0 ? 1 : (2 * Math.min(lengthA, lengthB)) / length;
}

/** Length of a text in code points, as Python's `len` counts it. */
export function codePointLength(text: string): number {
	let length = 0;
	for (const _ of text) length += 1;
	return length;
}

const autojunkFrom = 200;

function codePoints(text: string): Uint32Array {
	return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Where each character stands in the second text, in rising order, without the characters that are too frequent. */
function placesOf(text: Uint32Array): ReadonlyMap<number, readonly number[]> {
	const places = new Map<number, number[]>();
	text.forEach((character, index) => {
		const known = places.get(character);
		if (known) known.push(index);
		else places.set(character, [index]);
	});
	if (text.length >= autojunkFrom) {
		const most = Math.floor(text.length / 100) + 1;
		for (const [character, found] of places) if (found.length > most) places.delete(character);
	}
	return places;
}

function matchingCharacters(a: Uint32Array, b: Uint32Array): number {
	const places = placesOf(b);
	const waiting: [aStart: number, aEnd: number, bStart: number, bEnd: number][] = [[0, a.length, 0, b.length]];
	let matches = 0;
	for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
		const [aStart, aEnd, bStart, bEnd] = part;
		const block = longestBlock(a, b, places, part);
		if (block.size === 0) continue;
		matches += block.size;
		const { inA, inB, size } = block;
		if (aStart < inA && bStart < inB) waiting.push([aStart, inA, bStart, inB]);
		if (inA + size < aEnd && inB + size < bEnd) waiting.push([inA + size, aEnd, inB + size, bEnd]);
	}
	return matches;
}

/** The longest common block; of several, the one that begins first in the first text, and then in the second. */
function longestBlock(
	a: Uint32Array,
	b: Uint32Array,
	places: ReadonlyMap<number, readonly number[]>,
	[aStart, aEnd, bStart, bEnd]: readonly [number, number, number, number],
): { readonly inA: number; readonly inB: number; readonly size: number } {
	let inA = aStart;
	let inB = bStart;
	let size = 0;
	// Length of the block that ends at the character of the first text before this one and at each place of the second.
	let endingAt = new Map<number, number>();
	for (let index = aStart; index < aEnd; index += 1) {
		const next = new Map<number, number>();
		for (const place of places.get(a[index]!) ?? []) {
			if (place < bStart) continue;
			if (place >= bEnd) break;
			const length = (endingAt.get(place - 1) ?? 0) + 1;
			next.set(place, length);
			if (length > size) {
				inA = index - length + 1;
				inB = place - length + 1;
				size = length;
			}
		}
		endingAt = next;
	}
	// Characters that are too frequent begin no block, and still belong to the one that they stand beside.
	while (inA > aStart && inB > bStart && a[inA - 1] === b[inB - 1]) {
		inA -= 1;
		inB -= 1;
		size += 1;
	}
	while (inA + size < aEnd && inB + size < bEnd && a[inA + size] === b[inB + size]) size += 1;
	return { inA, inB, size };
}
