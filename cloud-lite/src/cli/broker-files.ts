import { pbkdf2, randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { BrokerAccount } from "../machines/machine-registry.ts";
import { withDatabase } from "./with-database.ts";

const derive = promisify(pbkdf2);
/** Of mosquitto_passwd(1). Passwords of machines are 32 random bytes: more rounds would protect nothing. */
const rounds = 101;

const idSchema = z.object({ id: z.string() });

/**
 * Writes what Mosquitto needs to know of the machines in service and of the cloud: `passwords` for its `password_file`,
 * and `access` for its `acl_file`, by which a machine reaches its own topics and no others.
 * @returns what was done, for people
 */
export async function writeBrokerFiles(options: {
	readonly databaseUrl: string;
	readonly encryptionKey?: string | undefined;
	/** The cloud's own account. */
	readonly cloud: BrokerAccount;
	readonly folder: string;
}): Promise<string> {
	const { cloud, folder } = options;
	if (/[:\s]/.test(cloud.username)) throw new Error("MQTT_USERNAME has a colon or a space; Mosquitto takes neither");
	const machines = await withDatabase(
		options.databaseUrl,
		async (database, registry) => {
			const rows = await database.read("SELECT id FROM machine WHERE decommissioned_at_ms IS NULL ORDER BY id");
			return Promise.all(
				rows
					.map((row) => idSchema.parse(row).id)
					.map(async (id) => ({ id, accounts: await registry.brokerAccounts(id) })),
			);
		},
		options.encryptionKey,
	);
	const accounts = machines.flatMap((machine) => machine.accounts.map((account) => ({ ...account, id: machine.id })));
	const lines = await Promise.all([cloud, ...accounts].map(passwordLine));
	// While keys are exchanged, and after it, an account has another name than its machine.
	const renamed = accounts.filter(({ username, id }) => username !== id);
	await mkdir(folder, { recursive: true });
	await replace(join(folder, "passwords"), `${lines.join("\n")}\n`);
	await replace(
		join(folder, "access"),
		[
			`user ${cloud.username}\ntopic readwrite devices/#\n`,
			...renamed.map(({ username, id }) => `user ${username}\ntopic readwrite devices/${id}/#\n`),
			"pattern readwrite devices/%u/#\n",
		].join("\n"),
	);
	return (
		`${folder} has the accounts of the cloud and ${machines.length} machine(s). ` +
		"Tell a running Mosquitto to read them again: kill -HUP, or systemctl reload mosquitto."
	);
}

/** As mosquitto_passwd(1) writes it: PBKDF2 with SHA-512, `$7$rounds$salt$hash`. */
async function passwordLine({ username, password }: BrokerAccount): Promise<string> {
	const salt = randomBytes(12);
	const hash = await derive(password, salt, rounds, 64, "sha512");
	return `${username}:$7$${rounds}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

/** A broker that reads meanwhile sees the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
	const beside = `${path}.new`;
	await writeFile(beside, text, { mode: 0o600 });
	await rename(beside, path);
}
