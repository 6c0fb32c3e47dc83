import { parseDecimal } from "@visionvend/sdk/catalog/parse-decimal";
import type { Cell, RangeWrite, Rows } from "./sheets-client.ts";

/** How a column's cells are read and written. */
export type ColumnType =
	| { readonly kind: "text"; readonly mostCharacters: number }
	/** A whole number within bounds. */
	| { readonly kind: "integer"; readonly least: number; readonly most: number }
	/** A decimal in the sheet, and whole units of its last place here: money, or grams as milligrams. */
	| { readonly kind: "decimal"; readonly fractionDigits: number; readonly most: number };

export interface Column {
	/** Name of the value here: `priceCents`. */
	readonly field: string;
	/** What stands above the column in the sheet, compared without case and outer blanks: `Price`. */
	readonly title: string;
	readonly type: ColumnType;
	/** Whether the sheet may change it; what only we know is overwritten. */
	readonly owner: "both" | "us";
}

/** The columns of a table; the first one is its key. */
export type Columns = readonly [Column, ...Column[]];

export type Value = string | number;
/** One row, by field. A cell that is empty has no field. */
export type Fields = Readonly<Record<string, Value>>;

export interface SheetRow {
	/** As the sheet counts, from 1; row 1 has the titles. */
	readonly number: number;
	readonly key: string;
	readonly fields: Fields;
}

/** A cell or a row that cannot be understood; nothing of its row is used. */
export interface RowError {
	readonly row: number;
	/** `A` …; undefined where it is the whole row's. */
	readonly column: string | undefined;
	readonly message: string;
}

/** A sheet as it was read. */
export interface SheetTable {
	readonly title: string;
	/** Letter of each field's column. */
	readonly letters: ReadonlyMap<string, string>;
	readonly rows: readonly SheetRow[];
	readonly errors: readonly RowError[];
	/** The first row that is free. */
	readonly nextRow: number;
}

/** `A` for 0, `Z` for 25, `AA` for 26. */
export function columnLetter(index: number): string {
	const rest = index % 26;
	const letter = String.fromCharCode(65 + rest);
	return index < 26 ? letter : columnLetter((index - rest) / 26 - 1) + letter;
}

/** A range of a sheet in A1 notation; titles may hold anything. */
export function rangeOf(title: string, cells?: string): string {
	const quoted = `'${title.replaceAll("'", "''")}'`;
	return cells === undefined ? quoted : `${quoted}!${cells}`;
}

/**
 * Reads a sheet with titles in its first row. The order of columns is the owner's, and so are columns that nobody here
 * knows. Rows without a key are the owner's notes. Of rows with one key none is used: nobody can say which one counts.
 * @throws RangeError that names the titles which are missing, or twice there
 */
export function readTable(title: string, columns: Columns, rows: Rows): SheetTable {
	const letters = lettersOf(title, columns, rows[0] ?? []);
	const indexes = columns.map((column) => (rows[0] ?? []).findIndex((cell) => sameTitle(cell, column.title)));
	const errors: RowError[] = [];
	const read: SheetRow[] = [];
	const seen = new Map<string, number>();
	const twice = new Set<string>();
	for (const [index, cells] of rows.entries()) {
		if (index === 0) continue;
		const number = index + 1;
		const fields: Record<string, Value> = {};
		let good = true;
		for (const [position, column] of columns.entries()) {
			const cell = cells[indexes[position]!] ?? "";
			if (cell === "") continue;
			const value = readCell(cell, column.type);
			if (value.ok) fields[column.field] = value.value;
			else {
				good = false;
				errors.push({ row: number, column: letters.get(column.field), message: `${column.title}: ${value.why}` });
			}
		}
		const key = fields[columns[0].field];
		if (key === undefined || !good) continue;
		const name = String(key);
		const before = seen.get(name);
		if (before !== undefined) {
			twice.add(name);
			errors.push({
				row: number,
				column: letters.get(columns[0].field),
				message: `${columns[0].title}: "${name}" stands in row ${before} already; neither row is used`,
			});
		} else seen.set(name, number);
		read.push({ number, key: name, fields });
	}
	return {
		title,
		letters,
		rows: read.filter(({ key }) => !twice.has(key)),
		errors,
		nextRow: Math.max(rows.length, 1) + 1,
	};
}

/** The titles of a new sheet. */
export function titleRow(columns: Columns): Cell[] {
	return columns.map(({ title }) => title);
}

/** How a value stands in a cell. */
export function cellOf(value: Value | undefined, { type }: Column): Cell {
	if (value === undefined) return "";
	if (type.kind !== "decimal" || typeof value === "string") return value;
	return value / 10 ** type.fractionDigits;
}

/** Writes some fields of one row. */
export function writesOf(table: SheetTable, columns: Columns, row: number, fields: Fields): RangeWrite[] {
	return columns.flatMap((column) => {
		const letter = table.letters.get(column.field);
		const value = fields[column.field];
		if (letter === undefined || value === undefined) return [];
		return [{ range: rangeOf(table.title, `${letter}${row}`), values: [[cellOf(value, column)]] }];
	});
}

function lettersOf(title: string, columns: Columns, titles: readonly Cell[]): ReadonlyMap<string, string> {
	const letters = new Map<string, string>();
	for (const column of columns) {
		const places = titles.flatMap((cell, index) => (sameTitle(cell, column.title) ? [index] : []));
		const [place] = places;
		if (place === undefined) {
			const missing = columns.filter((wanted) => !titles.some((cell) => sameTitle(cell, wanted.title)));
			throw new RangeError(
				`Sheet "${title}" lacks in its first row: ${missing.map((wanted) => wanted.title).join(", ")}.`,
			);
		}
		if (places.length > 1) {
			const where = places.map(columnLetter).join(" and ");
			throw new RangeError(`Sheet "${title}" has "${column.title}" above columns ${where}; remove one.`);
		}
		letters.set(column.field, columnLetter(place));
	}
	return letters;
}

function sameTitle(cell: Cell, title: string): boolean {
	return String(cell).trim().toLowerCase() === title.toLowerCase();
}

type ReadCell = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

function readCell(cell: Cell, type: ColumnType): ReadCell {
	const text = String(cell).trim();
	switch (type.kind) {
		case "text":
			if (text.length <= type.mostCharacters) return { ok: true, value: text };
			return { ok: false, why: `${text.length} characters, at most ${type.mostCharacters} are possible` };
		case "integer":
			return inBounds(text, parseDecimal(text, 0), type.least, type.most, 0);
		case "decimal":
			// A number of the sheet is binary floating point; its shortest decimal form is what the owner typed.
			return inBounds(text, parseDecimal(text, type.fractionDigits), 0, type.most, type.fractionDigits);
	}
}

function inBounds(text: string, value: number | undefined, least: number, most: number, digits: number): ReadCell {
	if (value !== undefined && value >= least && value <= most) return { ok: true, value };
	const shown = (whole: number) => (whole / 10 ** digits).toFixed(digits);
	const decimals = digits === 0 ? "a whole number" : `a number with at most ${digits} decimals`;
	return { ok: false, why: `"${text}" is not ${decimals} from ${shown(least)} to ${shown(most)}` };
}
