import { isDeepStrictEqual } from "node:util";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import type { ControllerConfiguration, MachineKind } from "@visionvend/sdk/device/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { newApiKey } from "../auth/api-key.ts";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import type { Claim, Claims } from "./claims.ts";
import {
	changedSettings,
	droppedParts,
	type MachineConfig,
	machineConfigSchema,
	problemsOf,
	settingsOf,
	usualConfig,
	withoutSecrets,
} from "./machine-config.ts";
import type { MachineRegistry, ProvisionedMachine } from "./machine-registry.ts";
import { piFile } from "./pi-file.ts";
import { type Presence, statusStatements } from "./presence.ts";
import type { RemoteCommands } from "./remote-commands.ts";

/** A machine that an owner brings in. */
export interface Onboarding {
	readonly tenantId: string;
	readonly machineId: string | undefined;
	readonly name: string;
	readonly kind: MachineKind;
	readonly currency: string;
	readonly holdCents: number;
	readonly locationId: string | undefined;
	/** Its hardware comes from this template; the usual parts of its kind where not given. */
	readonly templateId: string | undefined;
	readonly network: MachineConfig["network"];
	readonly inventory: readonly Product[];
}

/** What the devices of a machine need, shown once. */
export interface Credentials {
	readonly machineId: string;
	readonly files: {
		readonly controller: ControllerConfiguration;
		readonly pi: Readonly<Record<string, unknown>> | null;
	};
	readonly apiKey: string;
	readonly mqtt: { readonly username: string; readonly password: string };
}

/** How far a configuration has come to the machine. */
export type ConfigState = "applied" | "pending" | "failed";

export const machineRowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	kind: z.enum(["fridge", "vending", "coffee"]),
	currency: z.string(),
	hold_cents: z.int(),
	location_id: z.string().nullable(),
	version: z.int(),
	firmware: z.string(),
	config: z.string().nullable(),
	config_version: z.int(),
	config_command: z.string().nullable(),
	configuration: z.int(),
	planogram_version: z.int(),
	planogram_told: z.int().nullable(),
	health: z.string().nullable(),
	health_at_ms: z.int().nullable(),
	last_seen_at_ms: z.int().nullable(),
	maintenance_since_ms: z.int().nullable(),
	decommissioned_at_ms: z.int().nullable(),
	created_at_ms: z.int(),
});
export type MachineRow = z.infer<typeof machineRowSchema>;

/** Brings machines in, configures them, and takes them out of service. */
export class MachineService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #registry: MachineRegistry;
	readonly #claims: Claims;
	readonly #commands: RemoteCommands;
	readonly #presence: Presence;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		registry: MachineRegistry;
		claims: Claims;
		commands: RemoteCommands;
		presence: Presence;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#registry = options.registry;
		this.#claims = options.claims;
		this.#commands = options.commands;
		this.#presence = options.presence;
	}

	/** @throws Problem 404 when the tenant has no such machine */
	async find(tenantId: string, machineId: string): Promise<MachineRow> {
		const [row] = await this.#database.read("SELECT * FROM machine WHERE id = ? AND tenant_id = ?", [
			machineId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "machine_unknown", `There is no machine ${machineId} of yours.`);
		return machineRowSchema.parse(row);
	}

	/** @throws Problem 409 when the id is taken, 422 when the parts cannot work together, 404 when template or location are not there */
	async onboard(
		machine: Onboarding,
		origin: string,
	): Promise<{ machine: MachineRow; claim: Claim; credentials: Credentials }> {
		const { tenantId, name, kind, currency, holdCents, locationId, network } = machine;
		const machineId =
			machine.machineId ??
			`m-${randomId(this.#random)
				.toLowerCase()
				.replace(/[^a-z0-9]/g, "")}`;
		if (locationId !== undefined) await this.#mustHaveLocation(tenantId, locationId);
		const usual = usualConfig(kind, { currency: currency.toLowerCase(), holdCents, network });
		const template = machine.templateId === undefined ? usual : await this.#template(tenantId, machine.templateId);
		const config: MachineConfig = {
			hardware: { ...template.hardware, payment: usual.hardware.payment },
			software: template.software,
			network,
		};
		if (config.hardware.dispensing.kind !== kind) {
			throw new Problem(422, "template_unfit", `The template is for a ${config.hardware.dispensing.kind} machine.`);
		}
		refuseUnworkable(config);
		const { claim, statements } = this.#claims.issue(tenantId, machineId, origin);
		const { apiKey, statement } = this.#deviceKey(tenantId, machineId);
		try {
			await this.#registry.add(
				{ tenantId, machineId, name, currency, holdCents, kind, products: [...machine.inventory] },
				[
					{
						sql: "UPDATE machine SET location_id = ?, config = ?, config_version = 1 WHERE id = ?",
						args: [locationId ?? null, JSON.stringify(withoutSecrets(config)), machineId],
					},
					...statements,
					statement,
				],
			);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			if (!error.columns.startsWith("machine.")) {
				throw new Problem(409, "sku_twice", "Two products of the inventory have the same sku.");
			}
			throw new Problem(409, "machine_exists", `Machine ${machineId} exists already; choose another id.`);
		}
		return {
			machine: await this.find(tenantId, machineId),
			claim,
			credentials: await this.#credentials(machineId, config, apiKey),
		};
	}

	/** A new claim, for a machine whose devices are new or have lost their configuration. */
	async provision(tenantId: string, machineId: string, origin: string): Promise<Claim> {
		const row = await this.find(tenantId, machineId);
		refuseDecommissioned(row);
		configOf(row);
		const { claim, statements } = this.#claims.issue(tenantId, machineId, origin);
		await this.#database.write(statements);
		return claim;
	}

	/** What the devices of a machine become themselves with. The passwords of its Wi-Fi are theirs to ask for. @throws Problem 404 */
	async claim(code: string, wifiPassword: string | undefined): Promise<Credentials> {
		const claimed = await this.#claims.take(code);
		if (!claimed) {
			throw new Problem(404, "claim_unknown", "The claim is none, too old, or used. Ask the owner for a new QR code.");
		}
		const { tenantId, machineId } = claimed;
		const config = configOf(await this.find(tenantId, machineId));
		const { apiKey, statement } = this.#deviceKey(tenantId, machineId);
		await this.#database.write([
			{
				sql: "UPDATE api_key SET revoked_at_ms = ? WHERE machine_id = ? AND tenant_id = ? AND revoked_at_ms IS NULL",
				args: [this.#clock.now(), machineId, tenantId],
			},
			statement,
		]);
		const { wifi } = config.network;
		const network =
			wifi && wifiPassword !== undefined
				? { ...config.network, wifi: { ...wifi, password: wifiPassword } }
				: config.network;
		return this.#credentials(machineId, { ...config, network }, apiKey);
	}

	/** A machine that will never sell again: its keys end, and nothing it says is believed. */
	async decommission(tenantId: string, machineId: string): Promise<MachineRow> {
		const row = await this.find(tenantId, machineId);
		if (row.decommissioned_at_ms !== null) return row;
		const nowMs = this.#clock.now();
		await this.#database.write([
			{
				sql: "UPDATE machine SET decommissioned_at_ms = ?, version = version + 1 WHERE id = ? AND tenant_id = ?",
				args: [nowMs, machineId, tenantId],
			},
			{
				sql: "UPDATE api_key SET revoked_at_ms = ? WHERE machine_id = ? AND tenant_id = ? AND revoked_at_ms IS NULL",
				args: [nowMs, machineId, tenantId],
			},
			{ sql: "DELETE FROM machine_claim WHERE machine_id = ? AND claimed_at_ms IS NULL", args: [machineId] },
			...statusStatements("decommissioned", "machine_id = ?", [machineId], nowMs),
		]);
		this.#registry.forget(machineId);
		return this.find(tenantId, machineId);
	}

	/** Changes what people call a machine, where it stands, and whether it is in maintenance: then it sells nothing. */
	async change(
		tenantId: string,
		machineId: string,
		changes: { readonly name?: string; readonly locationId?: string | null; readonly maintenance?: boolean },
		ifMatch: number | undefined,
	): Promise<MachineRow> {
		const row = await this.find(tenantId, machineId);
		refuseDecommissioned(row);
		refuseOther(ifMatch, row.version);
		if (typeof changes.locationId === "string") await this.#mustHaveLocation(tenantId, changes.locationId);
		const nowMs = this.#clock.now();
		const { maintenance = row.maintenance_since_ms !== null } = changes;
		const moves = maintenance !== (row.maintenance_since_ms !== null);
		const since = maintenance ? (row.maintenance_since_ms ?? nowMs) : null;
		await this.#orConflict([
			{
				sql: `UPDATE machine SET name = ?, location_id = ?, maintenance_since_ms = ?, version = version + 1
					WHERE id = ? AND tenant_id = ? AND version = ?`,
				args: [
					changes.name ?? row.name,
					changes.locationId === undefined ? row.location_id : changes.locationId,
					since,
					machineId,
					tenantId,
					row.version,
				],
			},
			mustHaveChanged("the machine is as it was read"),
			...(moves ? statusStatements(maintenance ? "maintenance" : "offline", "machine_id = ?", [machineId], nowMs) : []),
		]);
		this.#presence.kick();
		return this.find(tenantId, machineId);
	}

	/** What the machine shall be like, and how far that has come. */
	async config(
		tenantId: string,
		machineId: string,
	): Promise<{ config: MachineConfig; version: number; state: ConfigState; reason: string; row: MachineRow }> {
		const row = await this.find(tenantId, machineId);
		const config = configOf(row);
		const command = row.config_command === null ? undefined : await this.#commands.find(row.config_command);
		const state =
			command === undefined || command.state === "done" ? "applied" : isLost(command.state) ? "failed" : "pending";
		return { config, version: row.config_version, state, reason: command?.reason ?? "", row };
	}

	/**
	 * Replaces the configuration; what concerns the controller is sent to it.
	 * @param also is written in the same commit; its command is null when none was ever needed
	 * @throws Problem 412, 422
	 */
	async configure(
		tenantId: string,
		machineId: string,
		next: MachineConfig,
		ifMatch: number | undefined,
		also: (commandId: string | null) => readonly Statement[] = () => [],
	): Promise<void> {
		const row = await this.find(tenantId, machineId);
		refuseDecommissioned(row);
		refuseOther(ifMatch, row.config_version);
		const before = configOf(row);
		refuseUnworkable(next);
		const { payment } = next.hardware;
		if (payment.currency.toLowerCase() !== row.currency) {
			throw new Problem(422, "currency_fixed", `A machine keeps its currency, ${row.currency}; onboard a new one.`);
		}
		if (next.hardware.dispensing.kind !== row.kind) {
			throw new Problem(422, "kind_fixed", `A ${row.kind} machine stays one; onboard a new one.`);
		}
		const broker = await this.#registry.brokerAccount(machineId);
		const plain = withoutSecrets(next);
		// A password is kept nowhere here: the uplink goes to the machine only when it is another one.
		const sameNetwork = isDeepStrictEqual(plain.network, before.network) && next.network.wifi?.password === undefined;
		const told = settingsOf(before, broker);
		const dropped = droppedParts(told, settingsOf(next, broker));
		if (dropped.length > 0) {
			throw new Problem(
				422,
				"part_stays",
				`A controller that knows of ${dropped.join(" and ")} cannot be told to forget it; onboard the machine anew.`,
			);
		}
		const { uplink, ...settings } = changedSettings(told, settingsOf(next, broker));
		if (!sameNetwork && next.network.via === "wifi" && next.network.wifi?.password === undefined) {
			throw new Problem(422, "wifi_password_missing", "Give network.wifi.password with a new Wi-Fi.");
		}
		const changed = sameNetwork ? settings : { ...settings, ...(uplink === undefined ? {} : { uplink }) };
		const keep = (commandId: string | null): Statement[] => [
			{
				sql: `UPDATE machine SET config = ?, config_version = config_version + 1, config_command = ?, hold_cents = ?
					WHERE id = ? AND tenant_id = ? AND config_version = ?`,
				args: [JSON.stringify(plain), commandId, payment.holdCents, machineId, tenantId, row.config_version],
			},
			mustHaveChanged("the configuration is as it was read"),
			...also(commandId),
		];
		if (Object.keys(changed).length === 0) {
			await this.#orConflict(keep(row.config_command));
			return;
		}
		try {
			await this.#commands.configure(machineId, changed, keep);
		} catch (error) {
			if (error instanceof GuardFailed) throw changedMeanwhile();
			if (error instanceof RangeError) throw new Problem(422, "config_unfit", error.message);
			throw error;
		}
	}

	async #orConflict(statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (error instanceof GuardFailed) throw changedMeanwhile();
			throw error;
		}
	}

	async #mustHaveLocation(tenantId: string, locationId: string): Promise<void> {
		const [row] = await this.#database.read("SELECT id FROM location WHERE id = ? AND tenant_id = ?", [
			locationId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "location_unknown", `There is no location ${locationId} of yours.`);
	}

	async #template(tenantId: string, templateId: string): Promise<MachineConfig> {
		const [row] = await this.#database.read("SELECT config FROM machine_template WHERE id = ? AND tenant_id = ?", [
			templateId,
			tenantId,
		]);
		if (!row) throw new Problem(404, "template_unknown", `There is no template ${templateId} of yours.`);
		return machineConfigSchema.parse(JSON.parse(z.object({ config: z.string() }).parse(row).config));
	}

	#deviceKey(tenantId: string, machineId: string): { apiKey: string; statement: Statement } {
		const key = newApiKey(this.#random);
		return {
			apiKey: key.text,
			statement: {
				sql: `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, machine_id, created_at_ms)
					VALUES (?, ?, ?, ?, '[]', ?, ?)`,
				args: [key.id, tenantId, key.secretHash, `devices of ${machineId}`, machineId, this.#clock.now()],
			},
		};
	}

	async #credentials(machineId: string, config: MachineConfig, apiKey: string): Promise<Credentials> {
		const provisioned = await this.#registry.provisioned(machineId);
		const products = await this.#registry.products(machineId);
		return {
			machineId,
			files: {
				controller: controllerFile(config, provisioned),
				pi:
					config.network.via === "pi"
						? piFile(provisioned, products, config.network.mqtt, config.hardware.esp32.linkBaud)
						: null,
			},
			apiKey,
			mqtt: provisioned.broker,
		};
	}
}

/** `controller.json`: what the firmware keeps under the storage key `configuration`. */
function controllerFile(
	config: MachineConfig,
	{ machineId, controllerKeys, broker }: ProvisionedMachine,
): ControllerConfiguration {
	return { machineId, version: 0, keys: controllerKeys, ...settingsOf(config, broker) };
}

function configOf(row: MachineRow): MachineConfig {
	if (row.config === null) {
		throw new Problem(
			409,
			"config_elsewhere",
			`Machine ${row.id} was added by hand; its configuration is with its devices. Onboard it to manage it from here.`,
		);
	}
	return machineConfigSchema.parse(JSON.parse(row.config));
}

function refuseUnworkable(config: MachineConfig): void {
	const problems = problemsOf(config);
	if (problems.length > 0) {
		throw new Problem(422, "config_unworkable", `The parts cannot work like this. ${problems.join(" ")}`, { problems });
	}
}

function refuseDecommissioned(row: MachineRow): void {
	if (row.decommissioned_at_ms !== null) {
		throw new Problem(409, "machine_decommissioned", `Machine ${row.id} is out of service for good.`);
	}
}

function refuseOther(ifMatch: number | undefined, version: number): void {
	if (ifMatch !== undefined && ifMatch !== version) throw changedMeanwhile();
}

function changedMeanwhile(): Problem {
	return new Problem(412, "version_mismatch", "Somebody has changed it meanwhile. Read it again, and change that.");
}

function isLost(state: string): boolean {
	return state === "failed" || state === "expired";
}
