import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { tryModel } from "./installed-model.ts";
import { ReleaseFolder } from "./release-folder.ts";
import type { ReleaseManifest } from "./release-manifest.ts";

const run = promisify(execFile);

/** Where one product is on a machine. */
export interface Installation {
	readonly folder: ReleaseFolder;
	/** What its manifests must name. */
	readonly hardware: string;
	/** Rejects when what is unpacked at `path` does not work here. */
	check(path: string, version: string): Promise<void>;
}

/** What a machine installs, each on a trial of its own: the service, and a model in place of the service's. */
export type Installations = Readonly<Record<ReleaseManifest["product"], Installation>>;

/** Those of this machine; the variables are for trying it elsewhere, as `install/launch` reads them. */
export function machineInstallations(environment: Readonly<Record<string, string | undefined>>): Installations {
	const releases = environment.VISIONVEND_RELEASES ?? "/opt/visionvend/releases";
	const models = environment.VISIONVEND_MODELS ?? "/opt/visionvend/models";
	const state = environment.VISIONVEND_STATE ?? "/var/lib/visionvend";
	return {
		"visionvend-pi": {
			folder: new ReleaseFolder({ releases, state: join(state, "release") }),
			hardware: `${process.platform}-${process.arch}`,
			async check(path, version) {
				const { stdout } = await run(process.execPath, [join(path, "pi-runtime/dist/cli.js"), "--version"]);
				if (stdout.trim() !== version) throw new Error(`it says that it is ${stdout.trim()}`);
			},
		},
		"visionvend-model": {
			folder: new ReleaseFolder({ releases: models, state: join(state, "model"), hasFallback: true }),
			hardware: "any",
			check: tryModel,
		},
	};
}
