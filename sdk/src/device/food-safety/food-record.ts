import { isBit, isCount, isList, parseJSON } from "../lock/record-values.ts";
import type { FoodRecord } from "./food-state.ts";

/** Goes up when the layout changes; a record of another layout is unreadable. */
const LAYOUT = 1;

const LOCKS: readonly FoodRecord["lock"][] = Object.freeze(["", "thermometer", "warm"]);

export function encodeFoodRecord({ lock, warmMs, allowedMs, relieved }: FoodRecord): string {
	return JSON.stringify([LAYOUT, LOCKS.indexOf(lock), warmMs, allowedMs, relieved ? 1 : 0]);
}

/** The record that was encoded, or `undefined` when the text is anything else. */
export function decodeFoodRecord(text: string): FoodRecord | undefined {
	const value = parseJSON(text);
	if (!isList(value) || value.length !== 5 || value[0] !== LAYOUT) return undefined;
	const [, code, warmMs, allowedMs, relieved] = value;
	if (!isCount(code) || !isCount(warmMs) || !isCount(allowedMs) || !isBit(relieved)) return undefined;
	const lock = LOCKS[code];
	return lock === undefined ? undefined : { lock, warmMs, allowedMs, relieved: relieved === 1 };
}
