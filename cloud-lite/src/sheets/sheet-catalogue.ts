import { fractionDigits } from "@visionvend/sdk/catalog/money";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import { productOf } from "../inventory/product.ts";
import { categorySchema, nameSchema, skuSchema } from "../inventory/product-fields.ts";
import type { ProductFields, ProductStore } from "../inventory/product-store.ts";
import type { StockStore } from "../inventory/stock-store.ts";
import type { RowChange } from "./plan-sync.ts";
import type { Columns, Fields, Value } from "./sheet-table.ts";

/** The sheet that the catalogue stands in. */
export const productsTitle = "Products";

/** What stands in it; money in the currency's own decimals. */
export function productColumns(currency: string): Columns {
	const text = { kind: "text", mostCharacters: 64 } as const;
	const units = { kind: "integer", least: -1_000_000, most: 1_000_000 } as const;
	return [
		{ field: "sku", title: "SKU", type: text, owner: "both" },
		{ field: "name", title: "Name", type: text, owner: "both" },
		{ field: "category", title: "Category", type: text, owner: "both" },
		{
			field: "priceCents",
			title: "Price",
			type: { kind: "decimal", fractionDigits: fractionDigits(currency), most: 10_000_000 },
			owner: "both",
		},
		{ field: "lowAt", title: "Low at", type: { ...units, least: 0 }, owner: "both" },
		{ field: "stock", title: "Stock", type: units, owner: "both" },
		{ field: "inMachines", title: "In machines", type: units, owner: "us" },
	];
}

/** A change of the sheet that cannot be carried out here. */
export interface RefusedChange {
	readonly key: string;
	readonly message: string;
}

const stockSchema = z.object({ product_id: z.string(), store: z.int(), machines: z.int() });
const actor = "sheet";

/** The catalogue and the stock of the store, as a spreadsheet shows them. */
export class SheetCatalogue {
	readonly #database: Database;
	readonly #products: ProductStore;
	readonly #stock: StockStore;

	constructor(options: { database: Database; products: ProductStore; stock: StockStore }) {
		this.#database = options.database;
		this.#products = options.products;
		this.#stock = options.stock;
	}

	/** The products that are priced in this currency, by SKU. */
	async rows(tenantId: string, currency: string): Promise<Map<string, Fields>> {
		const levels = new Map(
			(
				await this.#database.read(
					`SELECT product_id, SUM(CASE WHEN machine_id IS NULL THEN quantity ELSE 0 END) AS store,
							SUM(CASE WHEN machine_id IS NULL THEN 0 ELSE quantity END) AS machines
						FROM stock WHERE tenant_id = ? GROUP BY product_id`,
					[tenantId],
				)
			)
				.map((row) => stockSchema.parse(row))
				.map((row) => [row.product_id, row]),
		);
		const products = await this.#products.active(tenantId);
		return new Map(
			products
				.filter((product) => product.currency === currency)
				.map(({ id, sku, name, category, priceCents, lowAt }) => {
					const level = levels.get(id);
					return [
						sku,
						{
							sku,
							name,
							...(category === "" ? {} : { category }),
							priceCents,
							...(lowAt === null ? {} : { lowAt }),
							stock: level?.store ?? 0,
							inMachines: level?.machines ?? 0,
						},
					] as const;
				}),
		);
	}

	/** Carries out what the owner typed, a product a commit. Answers what was refused; all else is done. */
	async apply(tenantId: string, currency: string, changes: readonly RowChange[]): Promise<RefusedChange[]> {
		const rows = await this.#database.read("SELECT * FROM product WHERE tenant_id = ?", [tenantId]);
		const known = new Map(rows.map(productOf).map((product) => [product.sku, product]));
		const refused: RefusedChange[] = [];
		for (const change of changes) {
			const product = known.get(change.key);
			const typed = Object.fromEntries(change.changes.map(({ field, to }) => [field, to]));
			try {
				if (change.changes.length === 0) {
					throw new Problem(422, "product_gone", `${change.key} is not for sale here any more; remove its row.`);
				}
				if (product && product.currency !== currency) {
					throw new Problem(422, "currency_differs", `${change.key} is priced in ${product.currency.toUpperCase()}.`);
				}
				const statements = product
					? this.#changed(tenantId, product.id, product.version, typed)
					: this.#added(tenantId, currency, change.key, typed);
				if (statements.length > 0) await this.#products.write(statements, change.key);
			} catch (error) {
				if (!(error instanceof Problem || error instanceof z.ZodError)) throw error;
				refused.push({ key: change.key, message: error instanceof Problem ? error.message : z.prettifyError(error) });
			}
		}
		return refused;
	}

	#changed(tenantId: string, id: string, version: number, typed: Typed): Statement[] {
		const fields = fieldsOf(typed);
		return [
			...(Object.keys(fields).length === 0 ? [] : this.#products.change(tenantId, id, fields, version)),
			...this.#counted(tenantId, id, typed),
		];
	}

	/** @throws Problem 422 without a name or a price */
	#added(tenantId: string, currency: string, key: string, typed: Typed): Statement[] {
		const { name, priceCents, category = "", lowAt = null } = fieldsOf(typed);
		if (name === undefined || priceCents === undefined) {
			throw new Problem(422, "product_incomplete", "A new product needs a name and a price.");
		}
		const id = this.#products.newId();
		const product: ProductFields = {
			sku: skuSchema.parse(key),
			name,
			category,
			aliases: [],
			currency,
			priceCents,
			massMilligrams: null,
			toleranceMilligrams: null,
			lowAt,
			active: true,
		};
		return [this.#products.insertion(tenantId, id, product), ...this.#counted(tenantId, id, typed)];
	}

	#counted(tenantId: string, id: string, { stock }: Typed): Statement[] {
		return typeof stock === "number" ? [this.#stock.count(tenantId, id, null, stock, actor)] : [];
	}
}

type Typed = Readonly<Record<string, Value | undefined>>;

/** What a row says of the product itself. @throws ZodError when a text is none that a product can have */
function fieldsOf({ name, category, priceCents, lowAt }: Typed): Partial<ProductFields> {
	return {
		...(name === undefined ? {} : { name: nameSchema.parse(name) }),
		...(category === undefined ? {} : { category: categorySchema.parse(category) }),
		...(typeof priceCents === "number" ? { priceCents } : {}),
		...(typeof lowAt === "number" ? { lowAt } : {}),
	};
}
