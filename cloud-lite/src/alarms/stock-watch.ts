import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Watch } from "./finding.ts";

const rowSchema = z.object({
	tenant_id: z.string(),
	machine_id: z.string().nullable(),
	place: z.string().nullable(),
	sku: z.string(),
	name: z.string(),
	quantity: z.int(),
	low_at: z.int(),
});

const binRowSchema = z.object({
	tenant_id: z.string(),
	machine_id: z.string(),
	place: z.string(),
	bin: z.string(),
	code: z.string(),
	name: z.string(),
	unit: z.string(),
	level: z.int(),
	threshold: z.int(),
});

/** Bins of coffee machines that should be low by what was filled in and sold; nothing is known of one never filled. */
export function binWatch(database: Pick<Database, "read">): Watch {
	return async () => {
		const rows = await database.read(
			`SELECT bin.tenant_id, bin.machine_id, machine.name AS place, bin.name AS bin, material.code, material.name,
					material.unit, level, threshold
				FROM bin JOIN material ON material.id = material_id JOIN machine ON machine.id = bin.machine_id
				WHERE active = 1 AND filled_at_ms IS NOT NULL AND level <= threshold
				ORDER BY bin.tenant_id, bin.machine_id, bin.name`,
		);
		return rows.map((row) => {
			const { tenant_id, machine_id, place, bin, code, name, unit, level, threshold } = binRowSchema.parse(row);
			return {
				tenantId: tenant_id,
				rule: "low_stock",
				machineId: machine_id,
				subject: `material ${code}`,
				source: place,
				summary: `${name} runs low in ${place}: ${level} ${unit} left`,
				details: { Bin: bin, Left: level, "Low at": threshold },
			};
		});
	};
}

/** Products that have run low, in a machine by its planogram or in the store. What nobody has ever counted is not known. */
export function stockWatch(database: Pick<Database, "read">): Watch {
	return async () => {
		const rows = await database.read(
			`SELECT stock.tenant_id, stock.machine_id, machine.name AS place, sku, product.name, quantity,
					COALESCE(slot.low_at, product.low_at) AS low_at
				FROM stock JOIN product ON product.id = stock.product_id AND product.active = 1
					LEFT JOIN machine ON machine.id = stock.machine_id
					LEFT JOIN planogram ON planogram.machine_id = stock.machine_id AND planogram.state = 'active'
					LEFT JOIN slot ON slot.planogram_id = planogram.id AND slot.product_id = product.id
				WHERE counted_at_ms IS NOT NULL AND quantity <= COALESCE(slot.low_at, product.low_at)
					AND (stock.machine_id IS NULL OR slot.product_id IS NOT NULL)
				ORDER BY stock.tenant_id, stock.machine_id, sku`,
		);
		return rows.map((row) => {
			const { tenant_id, machine_id, place, sku, name, quantity, low_at } = rowSchema.parse(row);
			const source = place ?? "the store";
			return {
				tenantId: tenant_id,
				rule: "low_stock",
				machineId: machine_id ?? "",
				subject: `product ${sku}`,
				source,
				summary: `${name} runs low in ${source}: ${quantity} left`,
				details: { SKU: sku, Left: quantity, "Low at": low_at },
			};
		});
	};
}
