import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { installRelease } from "../release/install-release.ts";
import { machineReleases } from "../release/release-folder.ts";
import { ReleaseRefusedError } from "../release/release-manifest.ts";
import { readRunningHealth } from "../release/running-health.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi update MANIFEST.json [--key PUBLIC.pem] [--health-port N]

Installs the release whose archive stands beside its manifest, and switches to it at the next start of the service:
sudo systemctl restart visionvend-pi. It stays on trial until everything that is up now has been up for a minute; after three
starts without that the release before it runs again.

  --key PUBLIC.pem   the maker's public key; /etc/visionvend/release.pem where not given
  --health-port N    of the running service; 8081 where not given

Exit status: 0 installed, 1 refused (the reason is told), 2 wrong words.
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
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [manifestPath, ...more] = positionals;
	if (manifestPath === undefined || more.length > 0) throw new UsageError("update: say which manifest.");
	const port = Number(values["health-port"]);
	if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UsageError(`--health-port ${port}: give a port.`);
	try {
		const { version } = await installRelease({
			manifestPath,
			publicKeyPem: await readFile(values.key, "utf8"),
			hardware: `${process.platform}-${process.arch}`,
			folder: machineReleases(process.env),
			health: await readRunningHealth(port),
		});
		process.stdout.write(`Release ${version} is installed. Now: sudo systemctl restart visionvend-pi\n`);
		return 0;
	} catch (error) {
		if (!(error instanceof ReleaseRefusedError)) throw error;
		process.stderr.write(`${error.refusal}: ${error.message}\n`);
		return 1;
	}
}
