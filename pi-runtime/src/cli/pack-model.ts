import { cp, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { loadModel } from "../detect/load-model.ts";
import { packRelease, stagingFolder } from "../release/pack-release.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi pack-model MODEL.onnx --version X.Y.Z --key KEY.pem --out DIR [--floor N]

Packs a detector, with the settings that stand beside it, as an update for machines: DIR/visionvend-model-X.Y.Z-any.tar.gz and its
signed manifest beside it. \`visionvend-pi update\` installs it; so does a campaign of the cloud with a part "model".

  --key KEY.pem   private P-256 key: openssl ecparam -name prime256v1 -genkey -noout -out KEY.pem
  --floor N       higher than before when machines must never go back behind this model; 0 where not given

Exit status: 0 packed, 1 the model cannot be used, 2 wrong words.
`;

/** `pack-model MODEL.onnx`. */
export async function packModel(words: string[]): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				version: { type: "string" },
				key: { type: "string" },
				out: { type: "string", short: "o" },
				floor: { type: "string", default: "0" },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	const [path, ...more] = positionals;
	const { version, key, out } = values;
	const floor = Number(values.floor);
	if (path === undefined || more.length > 0) throw new UsageError("pack-model: one ONNX file.");
	if (version === undefined || key === undefined || out === undefined)
		throw new UsageError("pack-model: --version, --key and --out are needed.");
	if (!/^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(version))
		throw new UsageError(`--version ${version}: give one such as 1.2.0.`);
	if (!Number.isInteger(floor) || floor < 0) throw new UsageError(`--floor ${values.floor}: give 0 or more.`);
	const privateKeyPem = await readFile(key, "utf8");
	const { settingsPath } = await loadModel(path);
	const staged = await stagingFolder();
	try {
		await cp(path, join(staged, basename(path)));
		if (settingsPath !== undefined) await cp(settingsPath, join(staged, basename(settingsPath)));
		const manifest = await packRelease({
			...{ staged, out, product: "visionvend-model", version, hardware: "any", floor, privateKeyPem },
		});
		process.stdout.write(`${manifest}\n${manifest.replace(/\.json$/, ".tar.gz")}\n`);
	} finally {
		await rm(staged, { recursive: true, force: true });
	}
	return 0;
}
