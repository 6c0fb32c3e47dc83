import { type FileHandle, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { controllerConfiguration } from "@visionvend/sdk/config/controller-configuration";
import { type Config, parseConfig } from "@visionvend/sdk/config/parse-config";
import { nominalCalibration, usualLinkBaud } from "@visionvend/sdk/config/usual-wiring";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { UniqueViolation } from "../db/writer.ts";
import type { ProvisionedMachine } from "../machines/machine-registry.ts";
import { piFile } from "../machines/pi-file.ts";
import { tenantBySlug } from "../tenants/tenant-by-slug.ts";
import { withDatabase } from "./with-database.ts";

/**
 * Adds a machine and writes the two files that its devices need, readable by their owner only.
 * @returns what to do next, for people
 */
export async function addMachine(options: {
	readonly databaseUrl: string;
	readonly encryptionKey?: string | undefined;
	readonly id: string | undefined;
	readonly name: string | undefined;
	/** The slug of the tenant that it belongs to. */
	readonly tenant: string;
	readonly configPath: string;
	readonly folder: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
}): Promise<string> {
	const { databaseUrl, configPath, folder, environment } = options;
	const parsed = parseConfig(await readFile(configPath, "utf8"), { environment });
	if (!parsed.ok) {
		throw new Error(`${configPath} cannot be used:\n${parsed.errors.map(({ message }) => `  ${message}`).join("\n")}`);
	}
	const { config, warnings } = parsed;
	const machineId = options.id ?? config.machine.id;
	const controllerPath = join(folder, "controller.json");
	const piPath = join(folder, "pi.json");
	await mkdir(folder, { recursive: true, mode: 0o700 });
	// The files first: keys that could not be written down would be lost, and the machine's id taken. Never over older
	// files: their keys may be in use.
	const controller = await create(controllerPath);
	const pi = await create(piPath).catch(async (error: unknown) => {
		await abandon(controller, controllerPath);
		throw error;
	});
	let provisioned: ProvisionedMachine;
	try {
		provisioned = await withDatabase(
			databaseUrl,
			async (database, registry) =>
				registry.add({
					tenantId: await tenantBySlug(database, options.tenant),
					machineId,
					name: options.name ?? machineId,
					currency: config.machine.currency,
					holdCents: config.machine.holdCents,
					products: [...config.products],
				}),
			options.encryptionKey,
		);
	} catch (error) {
		await abandon(controller, controllerPath);
		await abandon(pi, piPath);
		if (!(error instanceof UniqueViolation)) throw error;
		throw new Error(`machine ${machineId} exists already, or two of its products have one sku; choose another id`);
	}
	await finish(controller, controllerFile(config, provisioned));
	await finish(pi, piFile(provisioned, config.products, { ...config.mqtt, host: config.mqtt.broker }, usualLinkBaud));
	const { username, password } = provisioned.broker;
	return [
		...warnings.map((warning) => `note: ${warning}`),
		`Machine ${machineId} is added with ${config.products.length} products.`,
		`  ${controllerPath}  goes into the controller's storage under "configuration"; calibrate its scales`,
		`  ${piPath}  goes to the Pi: visionvend-pi serve --config pi.json`,
		"No command shows these keys and this password again. At the broker:",
		`  mosquitto_passwd -b passwords ${username} '${password}'`,
		"  # in the ACL file, once for all machines:",
		"  pattern readwrite devices/%u/#",
		"  user cloud",
		"  topic readwrite devices/#",
	].join("\n");
}

/** `controller.json`: what the firmware keeps under the storage key `configuration`. */
function controllerFile(config: Config, { machineId, controllerKeys }: ProvisionedMachine): ControllerConfiguration {
	const scales = config.pins.hx711Data.map(() => nominalCalibration);
	const named = { ...config, machine: { ...config.machine, id: machineId } };
	return controllerConfiguration(named, controllerKeys, scales, usualLinkBaud);
}

async function create(path: string): Promise<FileHandle> {
	try {
		return await open(path, "wx", 0o600);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
		throw new Error(`${path} exists already, and its keys may be in use; choose another folder with --out`);
	}
}

async function finish(file: FileHandle, content: object): Promise<void> {
	await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
	await file.close();
}

async function abandon(file: FileHandle, path: string): Promise<void> {
	await file.close();
	await unlink(path);
}
