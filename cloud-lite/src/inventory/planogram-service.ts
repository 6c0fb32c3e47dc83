import { lintPlanogram } from "@visionvend/sdk/basket/lint-planogram";
import { type Product, productSchema } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { machineKindSchema } from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import { type Planogram, planogramOf, type Slot, slotOf } from "./planogram.ts";
import type { CatalogueProduct } from "./product.ts";
import type { ProductStore } from "./product-store.ts";

/** A slot as somebody plans it: the product by SKU. */
export type PlannedSlot = Omit<Slot, "productId" | "name">;

export interface PlanogramView {
	readonly planogram: Planogram;
	readonly slots: readonly Slot[];
	/** For whoever fills the machine: products that neither scale nor camera would tell apart. */
	readonly warnings: readonly string[];
}

interface Machine {
	readonly id: string;
	readonly currency: string;
	readonly kind: MachineKind;
}

const machineSchema = z.object({ id: z.string(), currency: z.string(), kind: machineKindSchema });
const draftGuard = "the planogram is still a draft";

/** What stands where: drafts, and the one that each machine sells by. */
export class PlanogramService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #products: ProductStore;

	constructor(options: { database: Database; clock: Clock; random: Random; products: ProductStore }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#products = options.products;
	}

	/** @throws Problem 404 */
	async get(tenantId: string, planogramId: string): Promise<PlanogramView> {
		const [row] = await this.#database.read("SELECT * FROM planogram WHERE id = ? AND tenant_id = ?", [
			planogramId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "planogram_unknown", `There is no planogram ${planogramId}.`);
		const planogram = planogramOf(row);
		const machine = await this.#machine(tenantId, planogram.machineId);
		const slots = await this.slots(planogramId);
		const products = new Map((await this.#products.all(tenantId)).map((product) => [product.sku, product]));
		const priced = slots.flatMap((slot) => {
			const product = products.get(slot.sku);
			const parsed = product && productSchema.safeParse(sold(slot, product, machine));
			return parsed?.success ? [parsed.data] : [];
		});
		return { planogram, slots, warnings: warningsOf(machine, priced) };
	}

	/** The draft that waits for the next filling, or else what the machine sells by. */
	async next(tenantId: string, machineId: string): Promise<Planogram> {
		await this.#machine(tenantId, machineId);
		const [row] = await this.#database.read(
			`SELECT * FROM planogram WHERE machine_id = ? AND tenant_id = ? AND state IN ('draft', 'active')
				ORDER BY version DESC LIMIT 1`,
			[machineId, tenantId],
		);
		if (!row) throw new Error(`machine ${machineId} has no planogram`);
		return planogramOf(row);
	}

	async slots(planogramId: string): Promise<Slot[]> {
		const rows = await this.#database.read(
			`SELECT slot.*, product.sku, product.name FROM slot JOIN product ON product.id = slot.product_id
				WHERE planogram_id = ? ORDER BY shelf, position`,
			[planogramId],
		);
		return rows.map(slotOf);
	}

	/**
	 * Plans a machine anew. The draft before, if there is one, is retired.
	 * @param seen the number of the latest planogram that the caller saw; `undefined`: any
	 * @throws Problem 422 for slots that the machine cannot sell from, 404, 412 when there is a newer one
	 */
	async draft(
		tenantId: string,
		machineId: string,
		planned: readonly PlannedSlot[],
		seen: number | undefined,
	): Promise<PlanogramView> {
		const { id, statements } = await this.#drafting(tenantId, machineId, planned, seen);
		await this.#orNewer(machineId, statements);
		return this.get(tenantId, id);
	}

	/**
	 * Makes a new plan what the machine sells by, in one commit. A draft that waits is retired.
	 * @param also is written in the same commit, after it
	 * @throws Problem as `draft` does
	 */
	async replace(
		tenantId: string,
		machineId: string,
		planned: readonly PlannedSlot[],
		also: readonly Statement[],
	): Promise<void> {
		const { id, statements } = await this.#drafting(tenantId, machineId, planned, undefined);
		await this.#orNewer(machineId, [...statements, ...this.application(tenantId, { id, machineId }), ...also]);
	}

	async #drafting(
		tenantId: string,
		machineId: string,
		planned: readonly PlannedSlot[],
		seen: number | undefined,
	): Promise<{ readonly id: string; readonly statements: readonly Statement[] }> {
		const machine = await this.#machine(tenantId, machineId);
		const products = new Map((await this.#products.active(tenantId)).map((product) => [product.sku, product]));
		const placed = place(machine, planned, products);
		const latest = await this.#latest(machineId);
		if (seen !== undefined && seen !== latest) throw newerPlanogram(machineId);
		const id = randomId(this.#random);
		const statements = [
			{
				sql: "UPDATE planogram SET state = 'retired' WHERE machine_id = ? AND tenant_id = ? AND state = 'draft'",
				args: [machineId, tenantId],
			},
			{
				sql: `INSERT INTO planogram (id, tenant_id, machine_id, version, state, created_at_ms)
					VALUES (?, ?, ?, ?, 'draft', ?)`,
				args: [id, tenantId, machineId, latest + 1, this.#clock.now()],
			},
			...placed.map(({ slot, product }) => slotStatement(id, slot, product)),
		];
		return { id, statements };
	}

	async #orNewer(machineId: string, statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof UniqueViolation) throw newerPlanogram(machineId);
			throw error;
		}
	}

	/** Makes a draft what the machine sells by. */
	application(tenantId: string, planogram: Pick<Planogram, "id" | "machineId">): Statement[] {
		return [
			{
				sql: `UPDATE planogram SET state = 'retired'
					WHERE machine_id = ? AND tenant_id = ? AND state = 'active'
						AND EXISTS (SELECT 1 FROM planogram AS draft WHERE draft.id = ? AND draft.state = 'draft')`,
				args: [planogram.machineId, tenantId, planogram.id],
			},
			{
				sql: `UPDATE planogram SET state = 'active', applied_at_ms = ?
					WHERE id = ? AND tenant_id = ? AND state = 'draft'`,
				args: [this.#clock.now(), planogram.id, tenantId],
			},
			mustHaveChanged(draftGuard),
		];
	}

	/** Applies a draft without a restock list: the machine was filled by it. @throws Problem 404, 409 when it is no draft */
	async apply(tenantId: string, planogramId: string): Promise<PlanogramView> {
		const { planogram } = await this.get(tenantId, planogramId);
		try {
			await this.#database.write(this.application(tenantId, planogram));
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			const { state } = (await this.get(tenantId, planogramId)).planogram;
			throw new Problem(
				409,
				"planogram_not_draft",
				`Planogram ${planogram.number} of ${planogram.machineId} is ${state}.`,
			);
		}
		return this.get(tenantId, planogramId);
	}

	async #machine(tenantId: string, machineId: string): Promise<Machine> {
		const [row] = await this.#database.read("SELECT id, currency, kind FROM machine WHERE id = ? AND tenant_id = ?", [
			machineId,
			tenantId,
		]);
		if (row) return machineSchema.parse(row);
		throw new Problem(404, "machine_unknown", `There is no machine ${machineId}.`);
	}

	async #latest(machineId: string): Promise<number> {
		const [row] = await this.#database.read(
			"SELECT COALESCE(MAX(version), 0) AS latest FROM planogram WHERE machine_id = ?",
			[machineId],
		);
		return z.object({ latest: z.int() }).parse(row).latest;
	}
}

function newerPlanogram(machineId: string): Problem {
	return new Problem(
		412,
		"version_conflict",
		`Somebody else planned ${machineId} meanwhile; read its planograms again.`,
	);
}

/** Finds the products of planned slots, and everything that stands against selling by them. */
function place(
	machine: Machine,
	planned: readonly PlannedSlot[],
	products: ReadonlyMap<string, CatalogueProduct>,
): { readonly slot: PlannedSlot; readonly product: CatalogueProduct }[] {
	const issues: { path: string; message: string }[] = [];
	const placed = planned.flatMap((slot, index) => {
		const wrong = (field: string, message: string) => issues.push({ path: `slots.${index}.${field}`, message });
		const others = planned.slice(0, index);
		if (others.some(({ position }) => position === slot.position)) wrong("position", `${slot.position} is there twice`);
		if (others.some(({ sku }) => sku === slot.sku))
			wrong("sku", `${slot.sku} can stand in one place of a machine only`);
		if (machine.kind !== "fridge" && others.some(({ shelf }) => shelf === slot.shelf)) {
			wrong("shelf", `slot ${slot.shelf} delivers one product only`);
		}
		if (slot.par !== null && slot.capacity !== null && slot.par > slot.capacity) {
			wrong("par", `${slot.par} do not fit where ${slot.capacity} do`);
		}
		const product = products.get(slot.sku);
		if (!product) {
			wrong("sku", `the catalogue has no active product ${slot.sku}`);
			return [];
		}
		if (slot.priceCents === null && product.currency !== machine.currency) {
			wrong(
				"priceCents",
				`${slot.sku} is priced in ${product.currency} and the machine sells in ${machine.currency}: give a price`,
			);
		}
		const parsed = productSchema.safeParse(sold(slot, product, machine));
		if (!parsed.success) {
			for (const { path, message } of parsed.error.issues) wrong(path.join("."), `${slot.sku}: ${message}`);
		}
		return [{ slot, product }];
	});
	if (issues.length === 0) return placed;
	const text = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
	throw new Problem(422, "planogram_invalid", `${machine.id} cannot sell by this: ${text}.`, { issues });
}

/** The product as the machine would sell it; a mass that nobody knows is no number. */
function sold(slot: Omit<Slot, "productId" | "name">, product: CatalogueProduct, machine: Machine): unknown {
	const ownPrice = product.currency === machine.currency ? product.priceCents : Number.NaN;
	return {
		sku: product.sku,
		name: product.name,
		massMilligrams: slot.massMilligrams ?? product.massMilligrams,
		toleranceMilligrams: slot.toleranceMilligrams ?? product.toleranceMilligrams,
		priceCents: slot.priceCents ?? ownPrice,
		shelf: slot.shelf,
	};
}

/** Only a fridge weighs what is taken. No pictures were compared here, so everything may look alike. */
function warningsOf(machine: Machine, products: readonly Product[]): string[] {
	return machine.kind === "fridge" ? lintPlanogram(products, {}).map(({ detail }) => detail) : [];
}

function slotStatement(planogramId: string, slot: PlannedSlot, product: CatalogueProduct): Statement {
	return {
		sql: `INSERT INTO slot (planogram_id, position, product_id, shelf, capacity, par, low_at, price_cents,
				mass_milligrams, tolerance_milligrams)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		args: [
			planogramId,
			slot.position,
			product.id,
			slot.shelf,
			slot.capacity,
			slot.par,
			slot.lowAt,
			slot.priceCents,
			slot.massMilligrams,
			slot.toleranceMilligrams,
		],
	};
}
