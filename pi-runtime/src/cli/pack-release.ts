import { readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packRelease, stageRelease, stagingFolder } from "../release/pack-release.ts";
import { version } from "../version.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi pack-release --key KEY.pem --out DIR [--cpu arm64|x64] [--floor N]

Packs what is built in this repository as a release for machines: DIR/visionvend-pi-VERSION-linux-CPU.tar.gz and its signed
manifest beside it. Packages come from the npm registry, as the lockfile says.

  --key KEY.pem   private P-256 key: openssl ecparam -name prime256v1 -genkey -noout -out KEY.pem
  --cpu CPU       arm64 (Raspberry Pi) where not given
  --floor N       higher than before when machines must never go back behind this release; 0 where not given

Exit status: 0 packed, 1 not possible, 2 wrong words.
`;

/** `pack-release`, run in a repository that is built. */
export async function packReleaseTool(words: string[]): Promise<number> {
	const { values } = checkedUsage(() =>
		parseArgs({
			args: words,
			options: {
				key: { type: "string" },
				out: { type: "string", short: "o" },
				cpu: { type: "string", default: "arm64" },
				floor: { type: "string", default: "0" },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const { key, out, cpu } = values;
	const floor = Number(values.floor);
	if (key === undefined || out === undefined) throw new UsageError("pack-release: --key and --out are needed.");
	if (cpu !== "arm64" && cpu !== "x64") throw new UsageError(`--cpu ${cpu}: there are arm64 and x64.`);
	if (!Number.isInteger(floor) || floor < 0) throw new UsageError(`--floor ${values.floor}: give 0 or more.`);
	const privateKeyPem = await readFile(key, "utf8");
	const staged = await stagingFolder();
	try {
		await stageRelease(fileURLToPath(new URL("../../..", import.meta.url)), staged, cpu);
		const path = await packRelease({
			...{ staged, out, product: "visionvend-pi", version, hardware: `linux-${cpu}`, floor, privateKeyPem },
		});
		process.stdout.write(`${path}\n${path.replace(/\.json$/, ".tar.gz")}\n`);
	} finally {
		await rm(staged, { recursive: true, force: true });
	}
	return 0;
}
