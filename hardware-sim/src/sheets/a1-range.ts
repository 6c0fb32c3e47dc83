/** A part of a sheet; rows and columns count from 0, ends are not included. An absent end is the sheet's own. */
export interface A1Range {
	readonly title: string;
	readonly firstRow: number;
	readonly firstColumn: number;
	readonly endRow: number | undefined;
	readonly endColumn: number | undefined;
}

/**
 * Reads A1 notation: `Products`, `'My ''own'' sheet'!A2:C`, `Products!B7`, `Products!2:5`.
 * Source: developers.google.com/workspace/sheets/api/guides/concepts#cell. `undefined` for anything else.
 */
export function parseA1(text: string): A1Range | undefined {
	const match = /^(?:'((?:[^']|'')+)'|([^'!:]+))(?:!(.+))?$/.exec(text);
	if (match === null) return undefined;
	const title = match[1]?.replaceAll("''", "'") ?? match[2] ?? "";
	const cells = match[3];
	if (cells === undefined) return { title, firstRow: 0, firstColumn: 0, endRow: undefined, endColumn: undefined };
	const [from, to, ...more] = cells.split(":").map(parseCorner);
	if (from === undefined || more.length > 0 || (cells.includes(":") && to === undefined)) return undefined;
	const end = to ?? from;
	return {
		title,
		firstRow: from.row ?? 0,
		firstColumn: from.column ?? 0,
		endRow: end.row === undefined ? undefined : end.row + 1,
		endColumn: end.column === undefined ? undefined : end.column + 1,
	};
}

/** Writes A1 notation as Google answers it: the title in quotes only where it needs them. */
export function formatA1(title: string, firstRow: number, firstColumn: number, rows: number, columns: number): string {
	const name = /^[A-Za-z_]\w*$/.test(title) ? title : `'${title.replaceAll("'", "''")}'`;
	const corner = (row: number, column: number) => `${letters(column)}${row + 1}`;
	const first = corner(firstRow, firstColumn);
	const last = corner(firstRow + Math.max(rows, 1) - 1, firstColumn + Math.max(columns, 1) - 1);
	return first === last ? `${name}!${first}` : `${name}!${first}:${last}`;
}

function parseCorner(text: string): { row: number | undefined; column: number | undefined } | undefined {
	const match = /^\$?([A-Z]{1,3})?\$?([1-9]\d{0,6})?$/i.exec(text);
	if (match === null || text === "") return undefined;
	const [, column, row] = match;
	return {
		row: row === undefined ? undefined : Number(row) - 1,
		column:
			column === undefined
				? undefined
				: [...column.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1,
	};
}

function letters(column: number): string {
	const rest = column % 26;
	const letter = String.fromCharCode(65 + rest);
	return column < 26 ? letter : letters((column - rest) / 26 - 1) + letter;
}
