// This module also runs on the device: plain ES2022, nothing of Node.

/** Chance for inputs, small enough for a device: xorshift32 (Marsaglia, 2003). */
export class Noise {
	#state: number;

	/** `seed`: an integer; its low 32 bits count. */
	constructor(seed: number) {
		// The generator never leaves zero.
		this.#state = (seed | 0) === 0 ? 0x6d2b79f5 : seed | 0;
		for (let turn = 0; turn < 8; turn++) this.word();
	}

	/** 32 bits. */
	word(): number {
		let x = this.#state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.#state = x;
		return x >>> 0;
	}

	/** A whole number from 0 up to, and without, `limit`. */
	below(limit: number): number {
		return this.word() % limit;
	}

	bytes(length: number): Uint8Array {
		const bytes = new Uint8Array(length);
		for (let index = 0; index < length; index++) bytes[index] = this.word() >>> 24;
		return bytes;
	}

	pick<T>(values: readonly T[]): T {
		return values[this.below(values.length)] as T;
	}
}

/** Bytes that were good, after something went wrong with them; now and then as they were. */
export function spoilt(good: Uint8Array, noise: Noise): Uint8Array {
	switch (noise.below(8)) {
		case 0:
			return good;
		case 1:
			return good.slice(0, noise.below(good.length + 1));
		case 2:
			return good.slice(noise.below(good.length + 1));
		case 3: {
			const longer = new Uint8Array(good.length + 1 + noise.below(8));
			longer.set(good);
			longer.set(noise.bytes(longer.length - good.length), good.length);
			return longer;
		}
		case 4:
			return noise.bytes(noise.below(good.length + 8));
		default: {
			const changed = good.slice();
			for (let times = 1 + noise.below(3); times > 0 && changed.length > 0; times--) {
				const at = noise.below(changed.length);
				changed[at] = noise.below(2) === 0 ? (changed[at] as number) ^ (1 << noise.below(8)) : noise.word() & 0xff;
			}
			return changed;
		}
	}
}

/** The same for a text of ASCII. */
export function spoiltText(good: string, noise: Noise): string {
	const bytes = new Uint8Array(good.length);
	for (let index = 0; index < good.length; index++) bytes[index] = good.charCodeAt(index);
	const changed = spoilt(bytes, noise);
	let text = "";
	for (let index = 0; index < changed.length; index++) text += String.fromCharCode(changed[index] as number);
	return text;
}

/** A JSON value that was good, with one of its members replaced, taken away or added. */
export function spoiltValue(good: unknown, noise: Noise): unknown {
	if (noise.below(10) === 0) return junk(noise);
	if (Array.isArray(good)) {
		const copy = [...good];
		const at = noise.below(copy.length + 1);
		const what = at === copy.length ? 0 : noise.below(4);
		if (what === 0) copy.splice(at, 0, junk(noise));
		else if (what === 1) copy.splice(at, 1);
		else copy[at] = spoiltValue(copy[at], noise);
		return copy;
	}
	if (typeof good === "object" && good !== null) {
		const copy: Record<string, unknown> = { ...good };
		const names = Object.keys(copy);
		const name = names.length === 0 ? "a" : noise.pick(names);
		const what = noise.below(6);
		if (what === 0) delete copy[name];
		else if (what === 1) {
			// As JSON.parse does: assigning would meet what objects inherit.
			const value = junk(noise);
			const odd = noise.pick(["__proto__", "constructor", "toString", "x"]);
			Object.defineProperty(copy, odd, { value, configurable: true, enumerable: true, writable: true });
		} else copy[name] = spoiltValue(copy[name], noise);
		return copy;
	}
	return noise.below(5) === 0 ? good : junk(noise);
}

function junk(noise: Noise): unknown {
	switch (noise.below(14)) {
		case 0:
			return null;
		case 1:
			return true;
		case 2:
			return "";
		case 3:
			return "x".repeat(noise.below(300));
		case 4:
			return -1;
		case 5:
			return 0.5;
		case 6:
			return 1e300;
		case 7:
			return Number.MAX_SAFE_INTEGER + 2;
		case 8:
			return [];
		case 9:
			return {};
		case 10:
			return [[[[[]]]]];
		case 11:
			return "\u0000\ud800";
		case 12:
			return noise.word();
		default:
			return -noise.word();
	}
}
