#!/usr/bin/env node
import { parseArgs } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { readSettings } from "./settings.ts";

const usage = `visionvend-cloud: the slim cloud of VisionVend

  visionvend-cloud serve                       run the service
  visionvend-cloud init-db                     make or update the database
  visionvend-cloud machine add --config FILE --out FOLDER [--id ID] [--name NAME] [--tenant default]
                                               register a machine and write its devices' files
  visionvend-cloud broker-files --out FOLDER   write password and access files of Mosquitto for all machines
  visionvend-cloud create-user --email E --password P --name N [--role admin] [--tenant default]
                                               add a person who can log in
  visionvend-cloud seed-demo                   an admin, a machine and a key to try things with
  visionvend-cloud backup --out FILE           copy everything, while the service runs
  visionvend-cloud restore --from FILE         put a backup in the place of a database that is not there
  visionvend-cloud tenant export --out FILE [--tenant default]
                                               write all that a tenant has into a file of its own, secrets too
  visionvend-cloud tenant import --from FILE   take in the tenant of such a file
  visionvend-cloud doctor                      look at everything that the service needs
  visionvend-cloud token --shopper ID          print a shopper's token, good for 15 minutes
  visionvend-cloud openapi                     print the OpenAPI document
  visionvend-cloud client-types                print the types of the SDK's client

Settings come from the environment; see cloud-lite/.env.example.`;

class UsageError extends Error {}

async function main(words: readonly string[]): Promise<void> {
	const { values, positionals } = parse(words);
	const command = positionals.join(" ");
	if (values.help || command === "" || command === "help") {
		console.log(usage);
		return;
	}
	// What only one command needs is loaded by it, so that each begins soon.
	switch (command) {
		case "serve": {
			const { startServer } = await import("./server.ts");
			const server = await startServer(readSettings(process.env));
			const leave = (): void => {
				server.close().then(
					() => process.exit(0),
					(error: unknown) => fail(error),
				);
			};
			process.once("SIGINT", leave);
			process.once("SIGTERM", leave);
			return;
		}
		case "init-db": {
			const { withDatabase } = await import("./cli/with-database.ts");
			const { databaseName } = await import("./db/database.ts");
			const { DATABASE_URL, DATABASE_ENCRYPTION_KEY } = readSettings(process.env);
			const migrated = await withDatabase(
				DATABASE_URL,
				async (_database, _registry, count) => count,
				DATABASE_ENCRYPTION_KEY,
			);
			const name = databaseName(DATABASE_URL);
			console.log(migrated === 0 ? `${name} is up to date.` : `${name}: ${migrated} migration(s) applied.`);
			return;
		}
		case "machine add": {
			const { addMachine } = await import("./cli/machine-add.ts");
			const { config, out, id, name, tenant = "default" } = values;
			if (config === undefined || out === undefined) throw new UsageError("machine add needs --config and --out");
			const { DATABASE_URL, DATABASE_ENCRYPTION_KEY } = readSettings(process.env);
			console.log(
				await addMachine({
					databaseUrl: DATABASE_URL,
					encryptionKey: DATABASE_ENCRYPTION_KEY,
					id,
					name,
					tenant,
					configPath: config,
					folder: out,
					environment: process.env,
				}),
			);
			return;
		}
		case "broker-files": {
			if (values.out === undefined) throw new UsageError("broker-files needs --out");
			const settings = readSettings(process.env);
			const { MQTT_USERNAME: username, MQTT_PASSWORD: password } = settings;
			if (username === undefined || password === undefined) {
				throw new UsageError("broker-files needs the cloud's own account: set MQTT_USERNAME and MQTT_PASSWORD");
			}
			const { writeBrokerFiles } = await import("./cli/broker-files.ts");
			console.log(
				await writeBrokerFiles({
					databaseUrl: settings.DATABASE_URL,
					encryptionKey: settings.DATABASE_ENCRYPTION_KEY,
					cloud: { username, password },
					folder: values.out,
				}),
			);
			return;
		}
		case "create-user": {
			const { createUser } = await import("./cli/create-user.ts");
			const { email, password, name, role = "admin", tenant = "default" } = values;
			if (email === undefined || password === undefined || name === undefined) {
				throw new UsageError("create-user needs --email, --password and --name");
			}
			const { DATABASE_URL: databaseUrl, DATABASE_ENCRYPTION_KEY: encryptionKey } = readSettings(process.env);
			console.log(await createUser({ databaseUrl, encryptionKey, email, password, name, role, tenant }));
			return;
		}
		case "seed-demo": {
			const { seedDemo } = await import("./cli/seed-demo.ts");
			const { DATABASE_URL, DATABASE_ENCRYPTION_KEY } = readSettings(process.env);
			console.log(await seedDemo(DATABASE_URL, process.env, DATABASE_ENCRYPTION_KEY));
			return;
		}
		case "backup": {
			const { backUp } = await import("./cli/backup.ts");
			if (values.out === undefined) throw new UsageError("backup needs --out");
			const { DATABASE_URL, DATABASE_ENCRYPTION_KEY } = readSettings(process.env);
			console.log(await backUp(DATABASE_URL, values.out, DATABASE_ENCRYPTION_KEY));
			return;
		}
		case "restore": {
			const { restore } = await import("./cli/backup.ts");
			if (values.from === undefined) throw new UsageError("restore needs --from");
			const { DATABASE_URL, DATABASE_ENCRYPTION_KEY } = readSettings(process.env);
			console.log(await restore(DATABASE_URL, values.from, DATABASE_ENCRYPTION_KEY));
			return;
		}
		case "tenant export": {
			const { writeTenantFile } = await import("./cli/tenant-file.ts");
			const { out: file, tenant = "default" } = values;
			if (file === undefined) throw new UsageError("tenant export needs --out");
			console.log(await writeTenantFile({ ...tenantPlace(), tenant, file }));
			return;
		}
		case "tenant import": {
			const { readTenantFile } = await import("./cli/tenant-file.ts");
			const { from: file } = values;
			if (file === undefined) throw new UsageError("tenant import needs --from");
			console.log(await readTenantFile({ ...tenantPlace(), file }));
			return;
		}
		case "doctor": {
			const { examine } = await import("./cli/doctor.ts");
			const findings = await examine(process.env);
			for (const { level, text } of findings) console.log(`${level.padEnd(4)}  ${text}`);
			if (findings.some(({ level }) => level === "bad")) process.exitCode = 1;
			return;
		}
		case "token": {
			const { AccessTokens } = await import("./auth/access-token.ts");
			const { defaultTenantId } = await import("./tenants/tenant.ts");
			if (values.shopper === undefined) throw new UsageError("token needs --shopper");
			console.log(
				await new AccessTokens(readSettings(process.env).JWT_SECRET, systemClock).issue({
					aud: "visionvend-shopper",
					sub: values.shopper,
					tenantId: defaultTenantId,
				}),
			);
			return;
		}
		case "openapi": {
			const { describeRoutes } = await import("./openapi/describe-routes.ts");
			process.stdout.write(await describeRoutes());
			return;
		}
		case "client-types": {
			const { describeRoutes } = await import("./openapi/describe-routes.ts");
			const { operationTypes } = await import("./openapi/operation-types.ts");
			process.stdout.write(operationTypes(JSON.parse(await describeRoutes())));
			return;
		}
		default:
			throw new UsageError(`there is no command "${command}"`);
	}
}

function tenantPlace() {
	const {
		DATABASE_URL: databaseUrl,
		DATABASE_ENCRYPTION_KEY: encryptionKey,
		TENANT_FILE_KEY: fileKey,
	} = readSettings(process.env);
	return { databaseUrl, encryptionKey, fileKey };
}

function parse(words: readonly string[]) {
	try {
		return parseArgs({
			args: [...words],
			allowPositionals: true,
			options: {
				config: { type: "string" },
				out: { type: "string" },
				id: { type: "string" },
				name: { type: "string" },
				shopper: { type: "string" },
				email: { type: "string" },
				password: { type: "string" },
				role: { type: "string" },
				tenant: { type: "string" },
				from: { type: "string" },
				help: { type: "boolean", short: "h" },
			},
		});
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error));
	}
}

function fail(error: unknown): void {
	const message = error instanceof Error ? error.message : String(error);
	console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
	process.exit(error instanceof UsageError ? 2 : 1);
}

main(process.argv.slice(2)).catch(fail);
