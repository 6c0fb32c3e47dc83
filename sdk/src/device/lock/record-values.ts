/** What a record from the store is read with: every value is looked at before it is believed. */

/** All items decoded, or `undefined` when it is no list or one of them is not what it should be. */
export function decodeAll<Item>(
	value: unknown,
	decode: (item: unknown) => Item | undefined,
): readonly Item[] | undefined {
	if (!isList(value)) return undefined;
	const items: Item[] = [];
	for (const item of value) {
		const decoded = decode(item);
		if (decoded === undefined) return undefined;
		items.push(decoded);
	}
	return items;
}

/** The value that the text says as JSON, or `undefined`. */
export function parseJSON(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// Not even JSON: as unreadable as a wrong layout, and told to the caller in the same way.
		return undefined;
	}
}

export function isList(value: unknown): value is readonly unknown[] {
	return Array.isArray(value);
}

export function isInteger(value: unknown): value is number {
	return Number.isSafeInteger(value);
}

/** 0, 1, 2 … */
export function isCount(value: unknown): value is number {
	return isInteger(value) && value >= 0;
}

export function isUnsigned32(value: unknown): value is number {
	return isCount(value) && value <= 0xffff_ffff;
}

export function isBit(value: unknown): value is 0 | 1 {
	return value === 0 || value === 1;
}
