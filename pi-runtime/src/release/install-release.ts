import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ReleaseFolder } from "./release-folder.ts";
import { type ReleaseManifest, ReleaseRefusedError, readManifest } from "./release-manifest.ts";
import { type PartsHealth, partsUp } from "./running-health.ts";

const run = promisify(execFile);

/** Name of the archive that a manifest tells of, in the same folder. */
export function archiveName({ version, hardware }: Pick<ReleaseManifest, "version" | "hardware">): string {
	return `visionvend-pi-${version}-${hardware}.tar.gz`;
}

/** Inside a release: its floor, for the moment that it is confirmed. */
export const floorFile = "floor";

/**
 * Installs the release beside a manifest and switches to it. Rejects with a `ReleaseRefusedError`, and leaves what runs as
 * it is, unless the maker signed it, for this hardware, byte for byte, and it starts.
 */
export async function installRelease(options: {
	readonly manifestPath: string;
	readonly publicKeyPem: string;
	/** `linux-arm64` on a Raspberry Pi. */
	readonly hardware: string;
	readonly folder: ReleaseFolder;
	/** What the running service tells; `undefined` when it does not run. */
	readonly health: PartsHealth | undefined;
}): Promise<ReleaseManifest> {
	const { manifestPath, publicKeyPem, hardware, folder, health } = options;
	const manifest = readManifest(await readFile(manifestPath, "utf8"), publicKeyPem, hardware);
	const { version, floor } = manifest;
	const installedFloor = await folder.floor();
	if (floor < installedFloor)
		throw new ReleaseRefusedError(
			"older-floor",
			`Release ${version} has floor ${floor}, this machine has seen ${installedFloor}: it has a hole that was closed since.`,
		);
	const archive = join(dirname(manifestPath), archiveName(manifest));
	await checkArchive(archive, manifest);
	const path = await folder.unfinished(version);
	try {
		await run("tar", ["-xzf", archive, "--no-same-owner", "--no-same-permissions", "-C", path]);
		const { stdout } = await run(process.execPath, [join(path, "pi-runtime/dist/cli.js"), "--version"]);
		if (stdout.trim() !== version) throw new Error(`it says that it is ${stdout.trim()}`);
	} catch (error) {
		throw new ReleaseRefusedError(
			"broken-archive",
			`Release ${version} does not start here: ${error instanceof Error ? error.message.trim() : String(error)}`,
		);
	}
	await folder.add(version);
	const previous = await folder.lastConfirmed();
	await folder.switchTo(version, { before: health === undefined ? [] : partsUp(health), floor });
	await folder.keepOnly([version, ...(previous === undefined ? [] : [previous])]);
	return manifest;
}

async function checkArchive(path: string, { byteLength, sha256 }: ReleaseManifest): Promise<void> {
	let size: number;
	try {
		({ size } = await stat(path));
	} catch (error) {
		throw new ReleaseRefusedError("broken-archive", `The archive is not beside its manifest: ${path}`, {
			cause: error,
		});
	}
	if (size !== byteLength)
		throw new ReleaseRefusedError(
			"wrong-length",
			`${path} has ${size} bytes, the manifest says ${byteLength}. Fetch it again.`,
		);
	const hash = createHash("sha256");
	for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
	if (hash.digest("base64url") !== sha256)
		throw new ReleaseRefusedError("wrong-digest", `${path} is not what was signed. Fetch it again.`);
}
