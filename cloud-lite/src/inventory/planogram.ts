import { z } from "zod";
import type { Row } from "../db/database.ts";

/** Where one product stands in a machine. Null: as the product has it, or not said. */
export interface Slot {
	/** For people, unique in the machine: `A1`. */
	readonly position: string;
	readonly productId: string;
	readonly sku: string;
	readonly name: string;
	/** Of a fridge, 0 is the topmost; of a machine that delivers, the number of the slot. */
	readonly shelf: number;
	/** Units that fit. */
	readonly capacity: number | null;
	/** Units to fill up to; the capacity where null. */
	readonly par: number | null;
	readonly lowAt: number | null;
	/** Of this machine alone, in its currency. */
	readonly priceCents: number | null;
	readonly massMilligrams: number | null;
	readonly toleranceMilligrams: number | null;
}

/** What stands where in a machine. Never edited: a change is a new draft, which is applied when the machine is filled. */
export interface Planogram {
	readonly id: string;
	readonly machineId: string;
	/** Counts up in each machine. */
	readonly number: number;
	readonly state: "draft" | "active" | "retired";
	readonly createdAtMs: number;
	readonly appliedAtMs: number | null;
}

const rowSchema = z.object({
	id: z.string(),
	machine_id: z.string(),
	version: z.int(),
	state: z.enum(["draft", "active", "retired"]),
	created_at_ms: z.int(),
	applied_at_ms: z.int().nullable(),
});

const slotRowSchema = z.object({
	position: z.string(),
	product_id: z.string(),
	sku: z.string(),
	name: z.string(),
	shelf: z.int(),
	capacity: z.int().nullable(),
	par: z.int().nullable(),
	low_at: z.int().nullable(),
	price_cents: z.int().nullable(),
	mass_milligrams: z.int().nullable(),
	tolerance_milligrams: z.int().nullable(),
});

/** A row of table `planogram`. */
export function planogramOf(row: Row): Planogram {
	const { id, machine_id, version, state, created_at_ms, applied_at_ms } = rowSchema.parse(row);
	return { id, machineId: machine_id, number: version, state, createdAtMs: created_at_ms, appliedAtMs: applied_at_ms };
}

/** A row of table `slot` with `sku` and `name` of its product. */
export function slotOf(row: Row): Slot {
	const columns = slotRowSchema.parse(row);
	return {
		position: columns.position,
		productId: columns.product_id,
		sku: columns.sku,
		name: columns.name,
		shelf: columns.shelf,
		capacity: columns.capacity,
		par: columns.par,
		lowAt: columns.low_at,
		priceCents: columns.price_cents,
		massMilligrams: columns.mass_milligrams,
		toleranceMilligrams: columns.tolerance_milligrams,
	};
}
