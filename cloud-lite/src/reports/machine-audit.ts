import { code as currencyByCode } from "currency-codes";
import { z } from "zod";
import { type Database, mustHaveChanged } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import type { MachineRegistry } from "../machines/machine-registry.ts";
import { evaDts, type MachineAudit } from "./eva-dts.ts";

const machineSchema = z.object({
	name: z.string(),
	kind: z.string(),
	currency: z.string(),
	firmware: z.string(),
	audit_readings: z.int(),
	audit_read_at_ms: z.int().nullable(),
});
const soldSchema = z.object({
	sku: z.string(),
	name: z.string(),
	units: z.int(),
	cents: z.int(),
	new_units: z.int(),
	new_cents: z.int(),
});

/** Counters of machines for the software that reads vending machines, made from what was sold. */
export class MachineAudits {
	readonly #database: Database;
	readonly #registry: Pick<MachineRegistry, "products">;

	constructor(options: { database: Database; registry: Pick<MachineRegistry, "products"> }) {
		this.#database = options.database;
		this.#registry = options.registry;
	}

	/** What a reading would say now; the counters since the last reading go on. @throws Problem 404, 422 */
	async look(tenantId: string, machineId: string, nowMs: number): Promise<string> {
		return evaDts(await this.#audit(tenantId, machineId, nowMs));
	}

	/** Reads the machine: the counters since the last reading begin anew. @throws Problem 404, 409, 422 */
	async read(tenantId: string, machineId: string, nowMs: number): Promise<string> {
		const audit = await this.#audit(tenantId, machineId, nowMs);
		try {
			await this.#database.write([
				{
					sql: `UPDATE machine SET audit_readings = audit_readings + 1, audit_read_at_ms = ?
						WHERE tenant_id = ? AND id = ? AND audit_readings = ?`,
					args: [nowMs, tenantId, machineId, audit.readings],
				},
				mustHaveChanged(`machine ${machineId} was read ${audit.readings} times`),
			]);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			throw new Problem(409, "audit_under_way", `Somebody else is reading machine ${machineId}; read it again.`);
		}
		return evaDts(audit);
	}

	async #audit(tenantId: string, machineId: string, nowMs: number): Promise<MachineAudit> {
		const [row] = await this.#database.read("SELECT * FROM machine WHERE tenant_id = ? AND id = ?", [
			tenantId,
			machineId,
		]);
		if (!row) throw new Problem(404, "machine_unknown", `There is no machine ${machineId}.`);
		const machine = machineSchema.parse(row);
		const currency = currencyByCode(machine.currency.toUpperCase());
		if (currency === undefined) {
			throw new Problem(422, "currency_unknown", `ISO 4217 knows no number for ${machine.currency}.`);
		}
		// A sale counts from the moment it was paid: between two readings each one is counted once.
		const sold = (
			await this.#database.read(
				`SELECT sku, MAX(sale_line.name) AS name, SUM(quantity) AS units, SUM(quantity * unit_price_cents) AS cents,
						SUM(CASE WHEN paid.at >= ?4 THEN quantity ELSE 0 END) AS new_units,
						SUM(CASE WHEN paid.at >= ?4 THEN quantity * unit_price_cents ELSE 0 END) AS new_cents
					FROM sale
						JOIN sale_line ON sale_line.sale_id = sale.id
						JOIN (SELECT sale_id, MIN(at_ms) AS at FROM sale_event WHERE event = 'captured' GROUP BY sale_id) AS paid
							ON paid.sale_id = sale.id
					WHERE tenant_id = ?1 AND machine_id = ?2 AND state = 'captured' AND paid.at < ?3
					GROUP BY sku ORDER BY sku`,
				[tenantId, machineId, nowMs, machine.audit_read_at_ms ?? 0],
			)
		).map((each) => soldSchema.parse(each));
		const products = await this.#registry.products(machineId);
		const places = new Map<number, number>();
		const nothing = { units: 0, cents: 0, new_units: 0, new_cents: 0 };
		const standing = products.map(({ sku, name, priceCents, shelf }) => {
			const place = (places.get(shelf) ?? 0) + 1;
			places.set(shelf, place);
			const counted = sold.find((other) => other.sku === sku) ?? nothing;
			return line({ selection: `${shelf + 1}-${place}`, name, priceCents }, counted);
		});
		// What was sold and is not in the machine any more still belongs to its totals.
		const gone = sold
			.filter(({ sku }) => !products.some((product) => product.sku === sku))
			.map((counted, index) => line({ selection: `0-${index + 1}`, name: counted.name, priceCents: 0 }, counted));
		return {
			serial: machineId,
			model: machine.kind,
			build: machine.firmware,
			location: machine.name,
			asset: "",
			currency: machine.currency.toUpperCase(),
			currencyNumber: Number(currency.number),
			products: [...standing, ...gone],
			readings: machine.audit_readings,
			lastReadAtMs: machine.audit_read_at_ms ?? undefined,
			readAtMs: nowMs,
		};
	}
}

function line(
	product: { readonly selection: string; readonly name: string; readonly priceCents: number },
	counted: Pick<z.infer<typeof soldSchema>, "units" | "cents" | "new_units" | "new_cents">,
): MachineAudit["products"][number] {
	return {
		...product,
		sinceInitialisation: { units: counted.units, cents: counted.cents },
		sinceLastReading: { units: counted.new_units, cents: counted.new_cents },
	};
}
