import { decodeAll, isCount, isList, parseJSON } from "../lock/record-values.ts";
import type { BinRecord } from "./recipe-state.ts";

/** Goes up when the layout changes; a record of another layout is unreadable. */
const LAYOUT = 1;

export function encodeBinRecord(bins: BinRecord): string {
	return JSON.stringify([LAYOUT, bins.map(({ name, portions }) => [name, portions])]);
}

/** The record that was encoded, or `undefined` when the text is anything else. */
export function decodeBinRecord(text: string): BinRecord | undefined {
	const value = parseJSON(text);
	if (!isList(value) || value.length !== 2 || value[0] !== LAYOUT) return undefined;
	return decodeAll(value[1], decodeBin);
}

function decodeBin(value: unknown): BinRecord[number] | undefined {
	if (!isList(value) || value.length !== 2) return undefined;
	const [name, portions] = value;
	return typeof name === "string" && isCount(portions) ? { name, portions } : undefined;
}
