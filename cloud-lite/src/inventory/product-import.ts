import type { Database, Statement } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import { currencyOf } from "../tenants/tenant-currency.ts";
import type { CatalogueProduct } from "./product.ts";
import { type CellError, readProductCsv } from "./product-csv.ts";
import type { ProductFields, ProductStore } from "./product-store.ts";
import type { StockStore } from "./stock-store.ts";

/** What a file does, or would do. */
export interface ImportOutcome {
	readonly added: readonly string[];
	readonly changed: readonly string[];
	readonly unchanged: readonly string[];
	readonly errors: readonly CellError[];
}

/** Takes product files in: all rows in one commit, or none. */
export class ProductImport {
	readonly #database: Pick<Database, "read">;
	readonly #products: ProductStore;
	readonly #stock: StockStore;

	constructor(options: { database: Pick<Database, "read">; products: ProductStore; stock: StockStore }) {
		this.#database = options.database;
		this.#products = options.products;
		this.#stock = options.stock;
	}

	/**
	 * @param dryRun says what the file would do, errors included, and writes nothing
	 * @throws Problem 422 when a row has an error and it is no dry run
	 */
	async run(tenantId: string, text: string, dryRun: boolean, actor: string): Promise<ImportOutcome> {
		const known = new Map((await this.#products.all(tenantId)).map((product) => [product.sku, product]));
		const currency = await currencyOf(this.#database, tenantId);
		const { rows, errors } = readProductCsv(text, known, currency);
		const added: string[] = [];
		const changed: string[] = [];
		const unchanged: string[] = [];
		const statements: Statement[] = [];
		for (const { sku, fields, stock } of rows) {
			const before = known.get(sku);
			const id = before?.id ?? this.#products.newId();
			const differs = before !== undefined && changes(before, fields);
			if (before === undefined) {
				added.push(sku);
				statements.push(
					this.#products.insertion(tenantId, id, { ...emptyProduct, currency, sku, name: sku, ...fields }),
				);
			} else if (differs) statements.push(...this.#products.change(tenantId, id, fields, before.version));
			const level = before && stock !== undefined ? await this.#stock.level(tenantId, id, null) : undefined;
			const counts = stock !== undefined && (level?.countedAtMs == null || level.quantity !== stock);
			if (counts) statements.push(this.#stock.count(tenantId, id, null, stock, actor, "import"));
			if (before !== undefined) (differs || counts ? changed : unchanged).push(sku);
		}
		if (!dryRun) {
			if (errors.length > 0) {
				throw new Problem(
					422,
					"import_has_errors",
					`${errors.length} error(s), so nothing was taken in; the first: row ${errors[0]?.row}, ${errors[0]?.message}.`,
					{ errors },
				);
			}
			if (statements.length > 0) await this.#products.write(statements, undefined);
		}
		return { added, changed, unchanged, errors };
	}
}

const emptyProduct: Omit<ProductFields, "sku" | "name" | "currency"> = {
	category: "",
	aliases: [],
	priceCents: 0,
	massMilligrams: null,
	toleranceMilligrams: null,
	lowAt: null,
	active: true,
};

function changes(before: CatalogueProduct, fields: Partial<ProductFields>): boolean {
	return (Object.keys(fields) as (keyof ProductFields)[]).some(
		(field) => JSON.stringify(fields[field]) !== JSON.stringify(before[field]),
	);
}
