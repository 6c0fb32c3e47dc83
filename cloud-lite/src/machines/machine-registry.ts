import type { Product } from "@visionvend/sdk/catalog/product";
import { productSchema } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { deriveKey, type EnvelopeKey, keyId, type Party } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredKey, MachineKind } from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { currencySchema, machineIdSchema, machineKindSchema } from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { trimmedText } from "../http/trimmed-text.ts";
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
	/** The account of the machine at the MQTT broker. */
	broker: BrokerAccount;
}

/** What a machine says to the MQTT broker. */
export interface BrokerAccount {
	readonly username: string;
	readonly password: string;
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
	/** Why it sells nothing. */
	readonly outOfService: "maintenance" | "decommissioned" | undefined;
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
	name: trimmedText(100),
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
	maintenance_since_ms: z.int().nullable(),
	decommissioned_at_ms: z.int().nullable(),
});
const machineColumns = Object.keys(machineSchema.shape).join(", ");
const secretSchema = z.object({ secret: z.string(), key_version: z.int() });

const rememberKeysMs = 60_000;

/** Machines, their products, and the keys that each shares with the cloud alone. */
export class MachineRegistry {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #keys = new Map<string, { readonly keys: MachineKeys; readonly readAtMs: number }>();

	constructor(options: { database: Database; clock: Clock; random: Random }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	/**
	 * @param also what is written with it
	 * @throws RangeError when the description is wrong, UniqueViolation when the id is taken or two products have one sku
	 */
	async add(description: NewMachine, also: readonly Statement[] = []): Promise<ProvisionedMachine> {
		const parsed = newMachineSchema.safeParse(description);
		if (!parsed.success) throw new RangeError(`the machine cannot be added:\n${z.prettifyError(parsed.error)}`);
		const { tenantId, machineId, name, currency, holdCents, kind, captureDelayMs, products } = parsed.data;
		const secret = this.#random(32);
		const nowMs = this.#clock.now();
		await this.#database.write([
			{
				sql: `INSERT INTO machine
						(id, tenant_id, name, currency, hold_cents, kind, capture_delay_ms, secret, broker_version,
							created_at_ms)
						VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
				args: [
					machineId,
					tenantId,
					name,
					currency.toLowerCase(),
					holdCents,
					kind,
					captureDelayMs,
					encodeBase64url(secret),
					nowMs,
				],
			},
			...firstPlanogramStatements({ id: machineId, tenantId, currency: currency.toLowerCase() }, products, nowMs, () =>
				randomId(this.#random),
			),
			...devicesOf(tenantId, machineId, nowMs),
			...also,
		]);
		return provisionedOf(machineId, secret, 1);
	}

	/** What the devices of a machine have to be given, once more. @throws Error when there is no such machine */
	async provisioned(machineId: string): Promise<ProvisionedMachine> {
		const { secret, version } = await this.#secret(machineId);
		return provisionedOf(machineId, secret, version);
	}

	/** @throws Error when there is no such machine */
	async brokerAccount(machineId: string): Promise<BrokerAccount> {
		return brokerAccountOf(machineId, (await this.#secret(machineId)).secret);
	}

	/** The machine's state has changed: what is remembered of it is of no more use. */
	forget(machineId: string): void {
		this.#keys.delete(machineId);
	}

	async find(machineId: string): Promise<Machine | undefined> {
		const [row] = await this.#database.read(`SELECT ${machineColumns} FROM machine WHERE id = ?`, [machineId]);
		return row && machineOf(row);
	}

	/** The machine of a tenant, when there is exactly one. */
	async findOnly(tenantId: string): Promise<Machine | undefined> {
		const [row, another] = await this.#database.read(
			`SELECT ${machineColumns} FROM machine WHERE tenant_id = ? ORDER BY id LIMIT 2`,
			[tenantId],
		);
		return row && !another ? machineOf(row) : undefined;
	}

	/** What the machine sells now. */
	products(machineId: string): Promise<Product[]> {
		return readPriceList(this.#database, machineId);
	}

	/** The keys of a machine; `undefined` when there is none, or it was taken out of service for good. */
	async keys(machineId: string): Promise<MachineKeys | undefined> {
		const nowMs = this.#clock.now();
		const known = this.#keys.get(machineId);
		// Another instance may have taken the machine out of service.
		if (known && nowMs - known.readAtMs < rememberKeysMs) return known.keys;
		const [row] = await this.#database.read(
			"SELECT secret, key_version FROM machine WHERE id = ? AND decommissioned_at_ms IS NULL",
			[machineId],
		);
		this.#keys.delete(machineId);
		if (!row) return undefined;
		const { secret, version } = secretOf(machineId, row);
		const keys = derive(machineId, secret, version);
		this.#keys.set(machineId, { keys, readAtMs: nowMs });
		return keys;
	}

	async #secret(machineId: string): Promise<{ secret: Uint8Array; version: number }> {
		const [row] = await this.#database.read("SELECT secret, key_version FROM machine WHERE id = ?", [machineId]);
		if (!row) throw new Error(`machine ${machineId} is not registered`);
		return secretOf(machineId, row);
	}
}

function secretOf(machineId: string, row: unknown): { secret: Uint8Array; version: number } {
	const { secret, key_version: version } = secretSchema.parse(row);
	const bytes = decodeBase64url(secret);
	if (!bytes) throw new Error(`the secret of machine ${machineId} in the database is damaged; restore a backup`);
	return { secret: bytes, version };
}

function provisionedOf(machineId: string, secret: Uint8Array, version: number): ProvisionedMachine {
	const keys = derive(machineId, secret, version);
	return {
		machineId,
		controllerKeys: { receive: configured(keys.toController), send: configured(keys.fromController) },
		piKeys: { receive: configured(keys.toPi), send: configured(keys.fromPi) },
		broker: brokerAccountOf(machineId, secret),
	};
}

function brokerAccountOf(machineId: string, secret: Uint8Array): BrokerAccount {
	return { username: machineId, password: encodeBase64url(deriveKey(secret, machineId, "broker.1").key) };
}

/** Every machine has a controller and a Pi, until somebody says how else it reaches the cloud. */
function devicesOf(tenantId: string, machineId: string, nowMs: number): Statement[] {
	return (
		[
			["controller", "esp32-s3"],
			["pi", "raspberry-pi"],
		] as const
	).map(([type, model]) => ({
		sql: `INSERT INTO device (id, tenant_id, machine_id, type, model, status_since_ms, created_at_ms)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
		args: [`${machineId}-${type}`, tenantId, machineId, type, model, nowMs, nowMs],
	}));
}

function machineOf(row: unknown): Machine {
	const machine = machineSchema.parse(row);
	const { id, tenant_id: tenantId, name, currency, hold_cents: holdCents, kind } = machine;
	const { capture_delay_ms: captureDelayMs } = machine;
	const inMaintenance = machine.maintenance_since_ms === null ? undefined : "maintenance";
	const outOfService = machine.decommissioned_at_ms === null ? inMaintenance : "decommissioned";
	return { id, tenantId, name, currency, holdCents, kind, captureDelayMs, outOfService };
}

/** Each key is derived when it is first asked for: many machines are only spoken to, or only listened to. */
function derive(machineId: string, secret: Uint8Array, version: number): MachineKeys {
	const known = new Map<string, EnvelopeKey>();
	const key = (from: Party, to: Party): EnvelopeKey => {
		const id = keyId(from, to, version);
		const derived = known.get(id) ?? deriveKey(secret, machineId, id);
		known.set(id, derived);
		return derived;
	};
	return {
		get toController() {
			return key("cloud", "controller");
		},
		get fromController() {
			return key("controller", "cloud");
		},
		get toPi() {
			return key("cloud", "pi");
		},
		get fromPi() {
			return key("pi", "cloud");
		},
	};
}

function configured({ kid, key }: EnvelopeKey): ConfiguredKey {
	return { kid, key: encodeBase64url(key) };
}
