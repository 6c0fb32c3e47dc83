import type { Product } from "@visionvend/sdk/catalog/product";
import { productSchema } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { deriveKey, type EnvelopeKey, keyId, type Party } from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import type { ConfiguredKey, KeyRotation, MachineKind } from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { EnvelopeKeys } from "@visionvend/sdk/protocol/envelope";
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

/**
 * The four directions in which something is sealed for or by the cloud. What is said to a device goes under the keys that
 * it used last; from it the others are good, too, while keys are exchanged.
 */
export interface MachineKeys {
	readonly toController: EnvelopeKey;
	readonly fromController: EnvelopeKeys;
	readonly toPi: EnvelopeKey;
	readonly fromPi: EnvelopeKeys;
	/** All that the Pi ever had: for what it sealed long ago and has kept. */
	readonly everFromPi: EnvelopeKeys;
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
const secretSchema = z.object({
	secret: z.string(),
	key_version: z.int(),
	other_key_version: z.int().nullable(),
	controller_key_version: z.int(),
	pi_key_version: z.int(),
});
const secretColumns = Object.keys(secretSchema.shape).join(", ");

const rememberKeysMs = 60_000;
/** While keys are exchanged another instance may hear first that a device uses other ones. */
const rememberExchangedMs = 1_000;

/** Machines, their products, and the keys that each shares with the cloud alone. */
export class MachineRegistry {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #keys = new Map<string, { readonly keys: MachineKeys; readonly untilMs: number }>();

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

	/** The account at the broker that the controller uses. @throws Error when there is no such machine */
	async brokerAccount(machineId: string): Promise<BrokerAccount> {
		const { secret, controllerVersion } = await this.#secret(machineId);
		return brokerAccountOf(machineId, secret, controllerVersion);
	}

	/** All accounts that the broker shall let in: two while they are exchanged. @throws Error when there is no such machine */
	async brokerAccounts(machineId: string): Promise<BrokerAccount[]> {
		const { secret, version, otherVersion } = await this.#secret(machineId);
		return [version, ...(otherVersion === null ? [] : [otherVersion])].map((each) =>
			brokerAccountOf(machineId, secret, each),
		);
	}

	/** The keys of a version for one of the devices, hidden under the key that messages to it are sealed with now. */
	async hideNextKeys(machineId: string, device: "controller" | "pi", version: number): Promise<KeyRotation> {
		const { secret, controllerVersion, piVersion } = await this.#secret(machineId);
		const used = device === "controller" ? controllerVersion : piVersion;
		const hidingKey = deriveKey(secret, machineId, keyId("cloud", device, used));
		const salt = this.#random(16);
		const hidden = (kid: string): string =>
			encodeBase64url(maskKey(hidingKey, salt, kid, deriveKey(secret, machineId, kid).key));
		return {
			version,
			salt: encodeBase64url(salt),
			receive: hidden(keyId("cloud", device, version)),
			send: hidden(keyId(device, "cloud", version)),
			broker: hidden(`broker.${version}`),
		};
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

	/** The keys of a machine, where they were read a short while ago. */
	rememberedKeys(machineId: string): MachineKeys | undefined {
		const known = this.#keys.get(machineId);
		// Another instance may have taken the machine out of service.
		return known && this.#clock.now() < known.untilMs ? known.keys : undefined;
	}

	/** The keys of a machine; `undefined` when there is none, or it was taken out of service for good. */
	async keys(machineId: string): Promise<MachineKeys | undefined> {
		const known = this.rememberedKeys(machineId);
		if (known) return known;
		const nowMs = this.#clock.now();
		const [row] = await this.#database.read(
			`SELECT ${secretColumns} FROM machine WHERE id = ? AND decommissioned_at_ms IS NULL`,
			[machineId],
		);
		this.#keys.delete(machineId);
		if (!row) return undefined;
		const secret = secretOf(machineId, row);
		const keys = new DerivedKeys(machineId, secret);
		const rememberMs = secret.otherVersion === null ? rememberKeysMs : rememberExchangedMs;
		this.#keys.set(machineId, { keys, untilMs: nowMs + rememberMs });
		return keys;
	}

	async #secret(machineId: string): Promise<Secret> {
		const [row] = await this.#database.read(`SELECT ${secretColumns} FROM machine WHERE id = ?`, [machineId]);
		if (!row) throw new Error(`machine ${machineId} is not registered`);
		return secretOf(machineId, row);
	}
}

/** What all keys of a machine come from, and which of them are good. */
interface Secret {
	readonly secret: Uint8Array;
	readonly version: number;
	readonly otherVersion: number | null;
	/** Under which the controller was heard last. */
	readonly controllerVersion: number;
	readonly piVersion: number;
}

function secretOf(machineId: string, row: unknown): Secret {
	const { secret, ...versions } = secretSchema.parse(row);
	const bytes = decodeBase64url(secret);
	if (!bytes) throw new Error(`the secret of machine ${machineId} in the database is damaged; restore a backup`);
	return {
		secret: bytes,
		version: versions.key_version,
		otherVersion: versions.other_key_version,
		controllerVersion: versions.controller_key_version,
		piVersion: versions.pi_key_version,
	};
}

function provisionedOf(machineId: string, secret: Uint8Array, version: number): ProvisionedMachine {
	const key = (from: Party, to: Party): ConfiguredKey =>
		configured(deriveKey(secret, machineId, keyId(from, to, version)));
	return {
		machineId,
		controllerKeys: { receive: key("cloud", "controller"), send: key("controller", "cloud") },
		piKeys: { receive: key("cloud", "pi"), send: key("pi", "cloud") },
		broker: brokerAccountOf(machineId, secret, version),
	};
}

/** Later ones have names of their own: a broker keeps one password a name, and two have to be good for a while. */
function brokerAccountOf(machineId: string, secret: Uint8Array, version: number): BrokerAccount {
	return {
		username: version === 1 ? machineId : `${machineId}.${version}`,
		password: encodeBase64url(deriveKey(secret, machineId, `broker.${version}`).key),
	};
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

/** Keys are derived when they are first asked for: many machines are only spoken to, or only listened to. */
class DerivedKeys implements MachineKeys {
	readonly #machineId: string;
	readonly #of: Secret;
	readonly #known = new Map<string, EnvelopeKey>();
	#toController: EnvelopeKey | undefined;
	#fromController: EnvelopeKeys | undefined;
	#toPi: EnvelopeKey | undefined;
	#fromPi: EnvelopeKeys | undefined;

	constructor(machineId: string, of: Secret) {
		this.#machineId = machineId;
		this.#of = of;
	}

	get toController(): EnvelopeKey {
		this.#toController ??= this.#key("cloud", "controller", this.#of.controllerVersion);
		return this.#toController;
	}

	get fromController(): EnvelopeKeys {
		this.#fromController ??= this.#from("controller", this.#of.controllerVersion, this.#good());
		return this.#fromController;
	}

	get toPi(): EnvelopeKey {
		this.#toPi ??= this.#key("cloud", "pi", this.#of.piVersion);
		return this.#toPi;
	}

	get fromPi(): EnvelopeKeys {
		this.#fromPi ??= this.#from("pi", this.#of.piVersion, this.#good());
		return this.#fromPi;
	}

	get everFromPi(): EnvelopeKeys {
		const every = Array.from({ length: Math.max(...this.#good()) }, (_, index) => index + 1);
		return this.#from("pi", this.#of.piVersion, every);
	}

	#good(): readonly number[] {
		const { version, otherVersion } = this.#of;
		return otherVersion === null ? [version] : [version, otherVersion];
	}

	#from(device: Party, used: number, versions: readonly number[]): EnvelopeKeys {
		return [
			this.#key(device, "cloud", used),
			...versions.filter((other) => other !== used).map((other) => this.#key(device, "cloud", other)),
		];
	}

	#key(from: Party, to: Party, version: number): EnvelopeKey {
		const id = keyId(from, to, version);
		const derived = this.#known.get(id) ?? deriveKey(this.#of.secret, this.#machineId, id);
		this.#known.set(id, derived);
		return derived;
	}
}

function configured({ kid, key }: EnvelopeKey): ConfiguredKey {
	return { kid, key: encodeBase64url(key) };
}
