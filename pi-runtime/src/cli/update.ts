import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { parseArgs, promisify } from "node:util";
import { readCloudAccount } from "../cloud/cloud-account.ts";
import { followCloud } from "../release/follow-cloud.ts";
import { installRelease } from "../release/install-release.ts";
import { machineInstallations } from "../release/installations.ts";
import { type ReleaseManifest, ReleaseRefusedError } from "../release/release-manifest.ts";
import { readRunningHealth } from "../release/running-health.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi update [MANIFEST.json] [--key PUBLIC.pem] [--health-port N] [--account cloud.json] [--restart]

Installs the release, or the model, whose archive stands beside its manifest, and switches to it at the next start of the service:
sudo systemctl restart visionvend-pi. It stays on trial until everything that is up now has been up for a minute; after three
starts without that the one before it is back.

Without a manifest it asks the cloud what this machine shall run and see with, fetches and installs that, and tells the cloud what
became of the last one. visionvend-pi-update.timer does so every 15 minutes.

  --key PUBLIC.pem       the maker's public key; /etc/visionvend/release.pem where not given
  --health-port N        of the running service; 8081 where not given
  --account cloud.json   what \`visionvend-pi claim\` wrote; /etc/visionvend/cloud.json where not given
  --restart              starts the service again when something was installed

Exit status: 0 installed, or nothing to install; 1 refused (the reason is told), 2 wrong words.
`;

/** `update MANIFEST`. */
export async function update(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				key: { type: "string", default: "/etc/visionvend/release.pem" },
				"health-port": { type: "string", default: "8081" },
				account: { type: "string", default: "/etc/visionvend/cloud.json" },
				restart: { type: "boolean", default: false },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [manifestPath, ...more] = positionals;
	if (more.length > 0) throw new UsageError("update: one manifest, or none.");
	const port = Number(values["health-port"]);
	if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UsageError(`--health-port ${port}: give a port.`);
	const machine = {
		publicKeyPem: await readFile(values.key, "utf8"),
		installations: machineInstallations(process.env),
		health: await readRunningHealth(port),
	};
	try {
		const installed =
			manifestPath === undefined
				? await follow(machine, values.account)
				: await installRelease({ ...machine, manifestPath });
		if (installed === undefined) return 0;
		process.stdout.write(
			`${installed.product} ${installed.version} is installed.${values.restart ? "" : ` Now: sudo ${restart.join(" ")}`}\n`,
		);
		const [program, ...rest] = restart;
		if (values.restart) await promisify(execFile)(program, rest);
		return 0;
	} catch (error) {
		if (!(error instanceof ReleaseRefusedError)) throw error;
		process.stderr.write(`${error.refusal}: ${error.message}\n`);
		return 1;
	}
}

const restart = ["systemctl", "restart", "visionvend-pi"] as const;

/** Does what the cloud wants. @returns what was installed, if anything was */
async function follow(
	machine: Omit<Parameters<typeof followCloud>[0], "account">,
	accountPath: string,
): Promise<Pick<ReleaseManifest, "product" | "version"> | undefined> {
	const outcome = await followCloud({ ...machine, account: await readCloudAccount(accountPath) });
	switch (outcome.kind) {
		case "nothing":
			process.stdout.write("The cloud wants nothing else here.\n");
			return undefined;
		case "busy":
			process.stdout.write("Somebody is shopping; ask again later.\n");
			return undefined;
		case "on-trial":
			process.stdout.write(`${outcome.product} ${outcome.version} is on trial.\n`);
			return undefined;
		case "reported":
			process.stdout.write(
				`The cloud knows: ${outcome.outcome}${outcome.reason === "" ? "" : `, ${outcome.reason}`}.\n`,
			);
			return undefined;
		case "installed":
			return outcome;
	}
}
