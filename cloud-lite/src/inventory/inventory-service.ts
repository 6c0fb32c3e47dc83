import type { CatalogueProduct } from "./product.ts";
import type { ProductService } from "./product-service.ts";
import type { ProductFields, ProductStore } from "./product-store.ts";
import { moveStock } from "./stock-movement.ts";
import type { StockStore } from "./stock-store.ts";

/** A product and how many of it are in the store. */
export interface InventoryItem {
	readonly product: CatalogueProduct;
	readonly stock: number;
}

/** The counter's inventory: the catalogue with what is in the store. */
export class InventoryService {
	readonly #products: ProductStore;
	readonly #service: ProductService;
	readonly #stock: StockStore;
	readonly #now: () => number;

	constructor(options: {
		products: ProductStore;
		service: ProductService;
		stock: StockStore;
		clock: { now(): number };
	}) {
		this.#products = options.products;
		this.#service = options.service;
		this.#stock = options.stock;
		this.#now = () => options.clock.now();
	}

	/** @throws Problem 404 */
	async get(tenantId: string, productId: string): Promise<InventoryItem> {
		const product = await this.#products.get(tenantId, productId);
		const { quantity } = await this.#stock.level(tenantId, productId, null);
		return { product, stock: quantity };
	}

	/** @throws Problem 409 when the SKU is taken */
	async add(tenantId: string, fields: ProductFields, stock: number, actor: string): Promise<InventoryItem> {
		const id = this.#products.newId();
		await this.#products.write(
			[this.#products.insertion(tenantId, id, fields), this.#stock.count(tenantId, id, null, stock, actor)],
			fields.sku,
		);
		return this.get(tenantId, id);
	}

	/**
	 * Changes a product, and with `stock` says how many somebody counted in the store.
	 * @param version the version that the caller saw; `undefined`: any
	 * @throws Problem 404, 409 when the SKU is taken, 412 when the product changed meanwhile
	 */
	async change(
		tenantId: string,
		productId: string,
		change: { readonly fields: Partial<ProductFields>; readonly stock: number | undefined },
		version: number | undefined,
		actor: string,
	): Promise<InventoryItem> {
		await this.#service.change(
			tenantId,
			productId,
			change.fields,
			version,
			change.stock === undefined ? [] : [this.#stock.count(tenantId, productId, null, change.stock, actor)],
		);
		return this.get(tenantId, productId);
	}

	/** Goods came into the store. @throws Problem 404 */
	async restock(tenantId: string, productId: string, quantity: number, actor: string): Promise<InventoryItem> {
		await this.#products.get(tenantId, productId);
		await this.#products.write(
			moveStock({
				tenantId,
				productId,
				machineId: null,
				change: quantity,
				reason: "restock",
				actor,
				atMs: this.#now(),
			}),
			undefined,
		);
		return this.get(tenantId, productId);
	}
}
