import type { Product } from "@visionvend/sdk/catalog/product";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";

const rowSchema = z.object({
	sku: z.string(),
	name: z.string(),
	mass_milligrams: z.int(),
	tolerance_milligrams: z.int(),
	price_cents: z.int(),
	shelf: z.int(),
});

/**
 * What a machine sells now: the slots of its active planogram, at the price of the slot or else of the product. A new
 * price counts from the next sale on.
 */
export async function readPriceList(database: Pick<Database, "read">, machineId: string): Promise<Product[]> {
	const rows = await database.read(
		`SELECT product.sku, product.name, slot.shelf,
				COALESCE(slot.mass_milligrams, product.mass_milligrams) AS mass_milligrams,
				COALESCE(slot.tolerance_milligrams, product.tolerance_milligrams) AS tolerance_milligrams,
				COALESCE(slot.price_cents, product.price_cents) AS price_cents
			FROM planogram
				JOIN slot ON slot.planogram_id = planogram.id
				JOIN product ON product.id = slot.product_id
			WHERE planogram.machine_id = ? AND planogram.state = 'active' AND product.active = 1
			ORDER BY product.sku`,
		[machineId],
	);
	return rows.map((row) => {
		const { sku, name, mass_milligrams, tolerance_milligrams, price_cents, shelf } = rowSchema.parse(row);
		return {
			sku,
			name,
			massMilligrams: mass_milligrams,
			toleranceMilligrams: tolerance_milligrams,
			priceCents: price_cents,
			shelf,
		};
	});
}

/**
 * Writes the first planogram of a new machine. Products that the tenant's catalogue lacks are added to it; of those that
 * it has, the machine keeps its own price and mass where they differ.
 *
 * @param newId makes ids
 */
export function firstPlanogramStatements(
	machine: { readonly id: string; readonly tenantId: string; readonly currency: string },
	products: readonly Product[],
	nowMs: number,
	newId: () => string,
): Statement[] {
	const planogramId = newId();
	const { tenantId, currency } = machine;
	const onShelf = new Map<number, number>();
	return [
		{
			sql: `INSERT INTO planogram (id, tenant_id, machine_id, version, state, created_at_ms, applied_at_ms)
				VALUES (?, ?, ?, 1, 'active', ?, ?)`,
			args: [planogramId, tenantId, machine.id, nowMs, nowMs],
		},
		...products.flatMap(({ sku, name, massMilligrams, toleranceMilligrams, priceCents, shelf }) => {
			const place = (onShelf.get(shelf) ?? 0) + 1;
			onShelf.set(shelf, place);
			return [
				{
					sql: `INSERT INTO product (id, tenant_id, sku, name, currency, price_cents, mass_milligrams,
							tolerance_milligrams, created_at_ms, changed_at_ms)
						VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, sku) DO UPDATE SET active = 1`,
					args: [newId(), tenantId, sku, name, currency, priceCents, massMilligrams, toleranceMilligrams, nowMs, nowMs],
				},
				{
					sql: `INSERT INTO slot (planogram_id, position, product_id, shelf, price_cents, mass_milligrams,
							tolerance_milligrams)
						SELECT ?1, ?2, id, ?3, CASE WHEN currency = ?7 AND price_cents = ?4 THEN NULL ELSE ?4 END,
							NULLIF(?5, mass_milligrams), NULLIF(?6, tolerance_milligrams)
						FROM product WHERE tenant_id = ?8 AND sku = ?9`,
					args: [
						planogramId,
						`${shelf}-${place}`,
						shelf,
						priceCents,
						massMilligrams,
						toleranceMilligrams,
						currency,
						tenantId,
						sku,
					],
				},
			];
		}),
	];
}
