import { fractionDigits, parseCents } from "@visionvend/sdk/catalog/money";
import { parseDecimal } from "@visionvend/sdk/catalog/parse-decimal";
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import type { CatalogueProduct } from "./product.ts";
import { aliasesSchema, categorySchema, currencyInputSchema, nameSchema, skuSchema } from "./product-fields.ts";
import type { ProductFields } from "./product-store.ts";

/** What stands above the columns of a product file, in the order in which it is written. */
export const productColumns = [
	"sku",
	"name",
	"category",
	"price",
	"currency",
	"aliases",
	"mass_grams",
	"tolerance_grams",
	"low_at",
	"stock",
] as const;
type Column = (typeof productColumns)[number];

/** A cell that cannot be understood; `row` as a spreadsheet counts, from 1, titles included. */
export interface CellError {
	readonly row: number;
	readonly column: Column | null;
	readonly message: string;
}

/** One row, read: what is empty or has no column stays as it is. */
export interface ProductRow {
	readonly row: number;
	readonly sku: string;
	readonly fields: Partial<ProductFields>;
	/** Units that somebody counted in the store. */
	readonly stock: number | undefined;
}

export interface ProductFile {
	readonly rows: readonly ProductRow[];
	readonly errors: readonly CellError[];
}

/** Rows of one file; more want several files. */
export const mostRows = 2_000;

const dangerous = /^'([=+\-@\t\r＝＋－＠])/u;

/**
 * Reads a product file. Titles stand in its first row, in any order; `sku` must be among them, unknown ones are an error.
 * A row of a known SKU changes that product, any other one is a new product.
 *
 * @param known the catalogue, by SKU
 */
export function readProductCsv(
	text: string,
	known: ReadonlyMap<string, CatalogueProduct>,
	usualCurrency: string,
): ProductFile {
	let records: string[][];
	try {
		records = z
			.array(z.array(z.string()))
			.parse(parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: true }));
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		return {
			rows: [],
			errors: [{ row: Number(error.lines ?? 1), column: null, message: `this is no CSV: ${error.message}` }],
		};
	}
	const titles = (records[0] ?? []).map((title) => title.toLowerCase());
	const wrong = titleErrors(titles);
	if (wrong.length > 0) return { rows: [], errors: wrong };
	if (records.length - 1 > mostRows) {
		return {
			rows: [],
			errors: [{ row: mostRows + 2, column: null, message: `more than ${mostRows} rows: split the file` }],
		};
	}
	const errors: CellError[] = [];
	const rows: ProductRow[] = [];
	const seen = new Map<string, number>();
	for (const [index, cells] of records.slice(1).entries()) {
		const row = index + 2;
		const read = new RowReader(row, titles, cells, errors);
		const before = errors.length;
		const product = readRow(read, known, usualCurrency);
		if (errors.length > before || !product) continue;
		const twin = seen.get(product.sku);
		if (twin !== undefined) read.error("sku", `${product.sku} stands in row ${twin} already`);
		else {
			seen.set(product.sku, row);
			rows.push(product);
		}
	}
	return { rows, errors };
}

/** Writes a product file that `readProductCsv` reads, and that no spreadsheet takes for formulas. */
export function writeProductCsv(
	items: readonly { readonly product: CatalogueProduct; readonly stock: number }[],
): string {
	const decimal = (whole: number | null, digits: number) =>
		whole === null ? "" : (whole / 10 ** digits).toFixed(digits);
	return stringify(
		items.map(
			({ product, stock }): Record<Column, string | number> => ({
				sku: product.sku,
				name: product.name,
				category: product.category,
				price: decimal(product.priceCents, fractionDigits(product.currency)),
				currency: product.currency,
				aliases: product.aliases.join("|"),
				mass_grams: decimal(product.massMilligrams, 3),
				tolerance_grams: decimal(product.toleranceMilligrams, 3),
				low_at: product.lowAt ?? "",
				stock,
			}),
		),
		{ header: true, columns: [...productColumns], escape_formulas: true },
	);
}

function titleErrors(titles: readonly string[]): CellError[] {
	const errors = titles.flatMap((title, index): CellError[] => {
		if (!productColumns.some((column) => column === title)) {
			return [
				{ row: 1, column: null, message: `there is no column "${title}"; there are ${productColumns.join(", ")}` },
			];
		}
		return titles.indexOf(title) === index
			? []
			: [{ row: 1, column: null, message: `column ${title} stands there twice` }];
	});
	if (!titles.includes("sku")) errors.push({ row: 1, column: null, message: "column sku is missing" });
	return errors;
}

class RowReader {
	readonly row: number;
	readonly #titles: readonly string[];
	readonly #cells: readonly string[];
	readonly #errors: CellError[];

	constructor(row: number, titles: readonly string[], cells: readonly string[], errors: CellError[]) {
		this.row = row;
		this.#titles = titles;
		this.#cells = cells;
		this.#errors = errors;
		if (cells.length > titles.length) {
			errors.push({ row, column: null, message: `${cells.length} cells under ${titles.length} titles` });
		}
	}

	/** The cell's text; `undefined` when it is empty or there is no such column. */
	text(column: Column): string | undefined {
		const cell = this.#cells[this.#titles.indexOf(column)];
		// What our own export put before a formula so that no spreadsheet runs it.
		return cell === undefined || cell === "" ? undefined : cell.replace(dangerous, "$1");
	}

	/** Reads a cell, or writes down why it cannot be read. */
	read<T>(column: Column, what: string, convert: (text: string) => T | undefined): T | undefined {
		const text = this.text(column);
		if (text === undefined) return undefined;
		const value = convert(text);
		if (value === undefined) this.error(column, `"${text}" is not ${what}`);
		return value;
	}

	error(column: Column, message: string): void {
		this.#errors.push({ row: this.row, column, message });
	}
}

function readRow(
	cells: RowReader,
	known: ReadonlyMap<string, CatalogueProduct>,
	usualCurrency: string,
): ProductRow | undefined {
	const sku = cells.read("sku", "a SKU of printable characters without blanks", by(skuSchema));
	if (sku === undefined) {
		if (cells.text("sku") === undefined) cells.error("sku", "is empty");
		return undefined;
	}
	const before = known.get(sku);
	const given = cells.read("currency", "a currency such as usd", by(currencyInputSchema));
	const currency = given ?? before?.currency ?? usualCurrency;
	if (before && currency !== before.currency) {
		cells.error("currency", `${sku} is sold in ${before.currency}; make a new product for ${currency}`);
	}
	const whole = by(z.coerce.number().int().min(0).max(1_000_000));
	const grams = (least: number, most: number) => (text: string) => {
		const milligrams = parseDecimal(text, 3);
		return milligrams !== undefined && milligrams >= least && milligrams <= most ? milligrams : undefined;
	};
	const fields: Partial<ProductFields> = {
		sku,
		...optional("name", cells.read("name", "a name of 1 to 64 characters", by(nameSchema))),
		...optional("category", cells.read("category", "a category of at most 64 characters", by(categorySchema))),
		...optional(
			"priceCents",
			cells.read("price", `a price in ${currency}, such as 2.50`, (text) => priceOf(text, currency)),
		),
		...optional(
			"aliases",
			cells.read("aliases", "a list of names with | between", (text) => by(aliasesSchema)(text.split("|"))),
		),
		...optional("massMilligrams", cells.read("mass_grams", "a mass from 1 to 50000 g", grams(1_000, 50_000_000))),
		...optional("toleranceMilligrams", cells.read("tolerance_grams", "a mass from 0 to 10000 g", grams(0, 10_000_000))),
		...optional("lowAt", cells.read("low_at", "a whole number", whole)),
	};
	const stock = cells.read("stock", "a whole number", whole);
	if (!before) {
		if (fields.name === undefined && cells.text("name") === undefined)
			cells.error("name", `${sku} is new and needs a name`);
		if (fields.priceCents === undefined && cells.text("price") === undefined) {
			cells.error("price", `${sku} is new and needs a price`);
		}
	}
	const mass = fields.massMilligrams ?? before?.massMilligrams ?? null;
	const tolerance = fields.toleranceMilligrams ?? before?.toleranceMilligrams ?? null;
	if ((mass === null) !== (tolerance === null)) {
		cells.error("mass_grams", "mass_grams and tolerance_grams belong together: give both or none");
	}
	return { row: cells.row, sku, fields: before ? fields : { ...fields, currency }, stock };
}

function priceOf(text: string, currency: string): number | undefined {
	const cents = parseCents(text, currency);
	return cents !== undefined && cents <= 100_000_000 ? cents : undefined;
}

function by<T>(schema: z.ZodType<T>): (value: unknown) => T | undefined {
	return (value) => {
		const parsed = schema.safeParse(value);
		return parsed.success ? parsed.data : undefined;
	};
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
	return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}
