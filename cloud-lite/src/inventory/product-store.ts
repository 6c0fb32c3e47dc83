import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { TenantRows } from "../db/tenant-rows.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { type CatalogueProduct, productOf } from "./product.ts";

/** What a product is made of; what is left out of a change stays as it is. */
export type ProductFields = Pick<
	CatalogueProduct,
	| "sku"
	| "name"
	| "category"
	| "aliases"
	| "currency"
	| "priceCents"
	| "massMilligrams"
	| "toleranceMilligrams"
	| "lowAt"
	| "active"
>;

const columnOf: Readonly<Record<keyof ProductFields, string>> = Object.freeze({
	sku: "sku",
	name: "name",
	category: "category",
	aliases: "aliases",
	currency: "currency",
	priceCents: "price_cents",
	massMilligrams: "mass_milligrams",
	toleranceMilligrams: "tolerance_milligrams",
	lowAt: "low_at",
	active: "active",
});

const products = new TenantRows({
	noun: "product",
	sql: "SELECT * FROM product WHERE tenant_id = ?1",
	key: ["sku"],
	direction: "asc",
	parse: productOf,
});

/** A tenant's catalogue. */
export class ProductStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	find(tenantId: string, productId: string): Promise<CatalogueProduct | undefined> {
		return products.find(this.#database, tenantId, productId);
	}

	/** @throws Problem 404 */
	get(tenantId: string, productId: string): Promise<CatalogueProduct> {
		return products.get(this.#database, tenantId, productId);
	}

	/** All products, by SKU. */
	all(tenantId: string): Promise<CatalogueProduct[]> {
		return products.all(this.#database, tenantId);
	}

	/** All products that are for sale, by SKU. */
	async active(tenantId: string): Promise<CatalogueProduct[]> {
		return (await this.all(tenantId)).filter(({ active }) => active);
	}

	newId(): string {
		return randomId(this.#random);
	}

	/** Writes a new product. */
	insertion(tenantId: string, productId: string, fields: ProductFields): Statement {
		const nowMs = this.#clock.now();
		const entries = Object.entries(columnOf);
		return {
			sql: `INSERT INTO product (id, tenant_id, created_at_ms, changed_at_ms, ${entries.map(([, column]) => column).join(", ")})
				VALUES (?, ?, ?, ?, ${entries.map(() => "?").join(", ")})`,
			args: [productId, tenantId, nowMs, nowMs, ...valuesOf(fields).map(([, value]) => value)],
		};
	}

	/** Changes a product over the version that the caller saw, or over any. */
	change(
		tenantId: string,
		productId: string,
		fields: Partial<ProductFields>,
		version: number | undefined,
	): Statement[] {
		const values = valuesOf(fields);
		return [
			{
				sql: `UPDATE product SET ${[...values.map(([column]) => `${column} = ?`), "version = version + 1", "changed_at_ms = ?"].join(", ")}
					WHERE id = ? AND tenant_id = ?${version === undefined ? "" : " AND version = ?"}`,
				args: [
					...values.map(([, value]) => value),
					this.#clock.now(),
					productId,
					tenantId,
					...(version === undefined ? [] : [version]),
				],
			},
			mustHaveChanged(versionGuard),
		];
	}

	/**
	 * Commits what changes products.
	 * @throws Problem 409 when the SKU is taken, 412 when the product changed meanwhile
	 */
	async write(statements: readonly Statement[], sku: string | undefined): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof GuardFailed && error.guard === versionGuard) {
				throw new Problem(412, "version_conflict", "Somebody else changed the product meanwhile; read it again.");
			}
			if (error instanceof UniqueViolation && error.columns.includes("product.sku")) {
				throw new Problem(409, "sku_taken", `There is a product with the SKU ${sku ?? ""} already.`);
			}
			throw error;
		}
	}
}

const versionGuard = "the product is there in this version";

function valuesOf(fields: Partial<ProductFields>): (readonly [column: string, value: string | number | null])[] {
	return (Object.keys(columnOf) as (keyof ProductFields)[]).flatMap((field) => {
		const value = fields[field];
		if (value === undefined) return [];
		if (typeof value === "boolean") return [[columnOf[field], value ? 1 : 0] as const];
		return [[columnOf[field], typeof value === "object" && value !== null ? JSON.stringify(value) : value] as const];
	});
}
