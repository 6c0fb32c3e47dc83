import type { Product } from "@visionvend/sdk/catalog/product";
import { productSchema } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { deriveKey, type EnvelopeKey, keyId, type Party } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredKey, MachineKind } from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { currencySchema, machineIdSchema, machineKindSchema } from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { firstPlanogramStatements, readPriceList } from "../inventory/price-list.ts";
import { defaultTenantId } from "../tenants/tenant.ts";

/** A machine to be added. */
export interface NewMachine {
	/** `default` where not given. */
	tenantId?: string;
	/** Lower-case letters, digits and dashes; names it in topics. */
	machineId: string;
	name: string;
	/** ISO 4217, `usd`. */
	currency: string;
	/** What is held before the door opens, in the smallest unit of the currency. */
	holdCents: number;
	/** How long a shopper may object to a price before it is taken, up to a day; 0, at once, where not given. */
	captureDelayMs?: number;
	/** A `fridge` where not given. In the other kinds, the product of shelf n is what slot n delivers. */
	kind?: MachineKind;
	products: Product[];
}

/** What the devices of a new machine have to be given, and nobody else. */
export interface ProvisionedMachine {
	machineId: string;
	/** For the controller: `receive` opens what the cloud seals, `send` seals for the cloud. */
	controllerKeys: { receive: ConfiguredKey; send: ConfiguredKey };
	/** For the pi. */
	piKeys: { receive: ConfiguredKey; send: ConfiguredKey };
	/** The pi's account at the MQTT broker. The password is not kept here. */
	broker: { username: string; password: string };
}

export interface Machine {
	readonly tenantId: string;
	readonly id: string;
	readonly name: string;
	readonly currency: string;
	readonly holdCents: number;
	readonly kind: MachineKind;
	/** How long a shopper may object to a price before it is taken; 0 takes it at once. */
	readonly captureDelayMs: number;
}

/** The four directions in which something is sealed for or by the cloud. */
export interface MachineKeys {
	readonly toController: EnvelopeKey;
	readonly fromController: EnvelopeKey;
	readonly toPi: EnvelopeKey;
	readonly fromPi: EnvelopeKey;
}

const newMachineSchema = z.object({
	tenantId: z.string().min(1).default(defaultTenantId),
	machineId: machineIdSchema,
	name: z.string().trim().min(1).max(100),
	currency: currencySchema,
	holdCents: z.int().min(1).max(100_000_000),
	kind: machineKindSchema.default("fridge"),
	captureDelayMs: z.int().min(0).max(86_400_000).default(0),
	products: z.array(productSchema).min(1).max(500),
});
const machineSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	currency: z.string(),
	hold_cents: z.int(),
	kind: machineKindSchema,
	capture_delay_ms: z.int(),
});
const secretSchema = z.object({ secret: z.string(), key_version: z.int() });

/** Machines, their products, and the keys that each shares with the cloud alone. */
export class MachineRegistry {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #keys = new Map<string, MachineKeys>();

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/** @throws RangeError when the description is wrong, Error when the id is taken */
	async add(description: NewMachine): Promise<ProvisionedMachine> {
		const parsed = newMachineSchema.safeParse(description);
		if (!parsed.success) throw new RangeError(`the machine cannot be added:\n${z.prettifyError(parsed.error)}`);
		const { tenantId, machineId, name, currency, holdCents, kind, captureDelayMs, products } = parsed.data;
		const secret = this.#random(32);
		const password = encodeBase64url(this.#random(24));
		try {
			await this.#database.write([
				{
					sql: `INSERT INTO machine (id, tenant_id, name, currency, hold_cents, kind, capture_delay_ms, secret, created_at_ms)
						VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
					args: [
						machineId,
						tenantId,
						name,
						currency.toLowerCase(),
						holdCents,
						kind,
						captureDelayMs,
						encodeBase64url(secret),
						this.#clock.now(),
					],
				},
				...firstPlanogramStatements(
					{ id: machineId, tenantId, currency: currency.toLowerCase() },
					products,
					this.#clock.now(),
					() => randomId(this.#random),
				),
			]);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			throw new Error(
				error.columns.startsWith("slot")
					? `two products of machine ${machineId} have the same sku`
					: `machine ${machineId} exists already; choose another id`,
			);
		}
		const keys = derive(machineId, secret, 1);
		return {
			machineId,
			controllerKeys: { receive: configured(keys.toController), send: configured(keys.fromController) },
			piKeys: { receive: configured(keys.toPi), send: configured(keys.fromPi) },
			broker: { username: machineId, password },
		};
	}

	async find(machineId: string): Promise<Machine | undefined> {
		const [row] = await this.#database.read("SELECT * FROM machine WHERE id = ?", [machineId]);
		return row && machineOf(row);
	}

	/** The machine of a tenant, when there is exactly one. */
	async findOnly(tenantId: string): Promise<Machine | undefined> {
		const [row, another] = await this.#database.read("SELECT * FROM machine WHERE tenant_id = ? ORDER BY id LIMIT 2", [
			tenantId,
		]);
		return row && !another ? machineOf(row) : undefined;
	}

	/** What the machine sells now. */
	products(machineId: string): Promise<Product[]> {
		return readPriceList(this.#database, machineId);
	}

	/** The keys of a machine, or `undefined` when there is no such machine. */
	async keys(machineId: string): Promise<MachineKeys | undefined> {
		const known = this.#keys.get(machineId);
		if (known) return known;
		const [row] = await this.#database.read("SELECT secret, key_version FROM machine WHERE id = ?", [machineId]);
		if (!row) return undefined;
		const { secret, key_version } = secretSchema.parse(row);
		const bytes = decodeBase64url(secret);
		if (!bytes) throw new Error(`the secret of machine ${machineId} in the database is damaged; restore a backup`);
		const keys = derive(machineId, bytes, key_version);
		this.#keys.set(machineId, keys);
		return keys;
	}
}

function machineOf(row: unknown): Machine {
	const { id, tenant_id, name, currency, hold_cents, kind, capture_delay_ms } = machineSchema.parse(row);
	return { id, tenantId: tenant_id, name, currency, holdCents: hold_cents, kind, captureDelayMs: capture_delay_ms };
}

function derive(machineId: string, secret: Uint8Array, version: number): MachineKeys {
	const key = (from: Party, to: Party): EnvelopeKey => deriveKey(secret, machineId, keyId(from, to, version));
	return {
		toController: key("cloud", "controller"),
		fromController: key("controller", "cloud"),
		toPi: key("cloud", "pi"),
		fromPi: key("pi", "cloud"),
	};
}

function configured({ kid, key }: EnvelopeKey): ConfiguredKey {
	return { kid, key: encodeBase64url(key) };
}
