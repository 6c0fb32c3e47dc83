import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import type { CatalogueProduct } from "./product.ts";
import type { ProductFields, ProductStore } from "./product-store.ts";

/** Changes the catalogue, and keeps machines able to sell what their planogram says. */
export class ProductService {
	readonly #database: Pick<Database, "read">;
	readonly #products: ProductStore;

	constructor(options: { database: Pick<Database, "read">; products: ProductStore }) {
		this.#database = options.database;
		this.#products = options.products;
	}

	/** @throws Problem 409 when the SKU is taken */
	async add(tenantId: string, fields: ProductFields): Promise<CatalogueProduct> {
		const id = this.#products.newId();
		await this.#products.write([this.#products.insertion(tenantId, id, fields)], fields.sku);
		return this.#products.get(tenantId, id);
	}

	/**
	 * @param version the version that the caller saw; `undefined`: any
	 * @param more written in the same commit
	 * @throws Problem 404, 409 when the SKU is taken or a machine sells by the old one, 412 when it changed meanwhile
	 */
	async change(
		tenantId: string,
		productId: string,
		fields: Partial<ProductFields>,
		version: number | undefined,
		more: readonly Statement[] = [],
	): Promise<CatalogueProduct> {
		const product = await this.#products.get(tenantId, productId);
		const { massMilligrams: mass, toleranceMilligrams: tolerance } = { ...product, ...fields };
		if ((mass === null) !== (tolerance === null)) {
			const text = "massMilligrams and toleranceMilligrams belong together: both have a number, or neither.";
			throw new Problem(422, "mass_incomplete", text);
		}
		const machines = await this.#machinesThatSell(productId);
		if (machines.length > 0) {
			const where = `${product.name} is in the planogram of ${machines.join(", ")}`;
			if (fields.sku !== undefined && fields.sku !== product.sku) {
				throw new Problem(
					409,
					"product_in_use",
					`${where}, and detectors there know it as ${product.sku}; keep the SKU.`,
				);
			}
			if (fields.active === false) {
				throw new Problem(409, "product_in_use", `${where}; take it out there first.`);
			}
			if (fields.massMilligrams === null) {
				throw new Problem(409, "product_in_use", `${where}, which weighs what is taken; its mass cannot be forgotten.`);
			}
		}
		await this.#products.write([...this.#products.change(tenantId, productId, fields, version), ...more], fields.sku);
		return this.#products.get(tenantId, productId);
	}

	/** Machines whose active or next planogram has the product. */
	async #machinesThatSell(productId: string): Promise<string[]> {
		const rows = await this.#database.read(
			`SELECT DISTINCT machine_id FROM slot JOIN planogram ON planogram.id = planogram_id
				WHERE product_id = ? AND state IN ('active', 'draft') ORDER BY machine_id`,
			[productId],
		);
		return rows.map((row) => z.object({ machine_id: z.string() }).parse(row).machine_id);
	}
}
