import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { errorText } from "../error-text.ts";
import { carryEnrolled } from "./carry-enrolled.ts";
import type { Installation, Installations } from "./installations.ts";
import { type ReleaseManifest, ReleaseRefusedError, readManifest } from "./release-manifest.ts";
import { type PartsHealth, partsUp } from "./running-health.ts";

const run = promisify(execFile);

/** Name of the archive that a manifest tells of, in the same folder. */
export function archiveName({
	product,
	version,
	hardware,
}: Pick<ReleaseManifest, "product" | "version" | "hardware">): string {
	return `${product}-${version}-${hardware}.tar.gz`;
}

/**
 * Installs the release or the model beside a manifest and switches to it. Rejects with a `ReleaseRefusedError`, and leaves what
 * runs as it is, unless the maker signed it, for this hardware, byte for byte, and it works here.
 */
export async function installRelease(options: {
	readonly manifestPath: string;
	readonly publicKeyPem: string;
	readonly installations: Installations;
	/** What the running service tells; `undefined` when it does not run. */
	readonly health: PartsHealth | undefined;
}): Promise<ReleaseManifest> {
	const { manifestPath, publicKeyPem, installations, health } = options;
	const manifest = readManifest(await readFile(manifestPath, "utf8"), publicKeyPem);
	const { product, version, floor } = manifest;
	const { folder, hardware, check }: Installation = installations[product];
	if (manifest.hardware !== hardware)
		throw new ReleaseRefusedError(
			"wrong-hardware",
			`The release is for ${manifest.hardware}, this machine is ${hardware}. Fetch that one.`,
		);
	const installedFloor = await folder.floor();
	if (floor < installedFloor)
		throw new ReleaseRefusedError(
			"older-floor",
			`${product} ${version} has floor ${floor}, this machine has seen ${installedFloor}: it has a hole that was closed since.`,
		);
	const archive = join(dirname(manifestPath), archiveName(manifest));
	await checkArchive(archive, manifest);
	const path = await folder.unfinished(version);
	try {
		await run("tar", ["-xzf", archive, "--no-same-owner", "--no-same-permissions", "-C", path]);
		await check(path, version);
	} catch (error) {
		throw new ReleaseRefusedError(
			"broken-archive",
			`${product} ${version} does not work here: ${errorText(error).trim()}`,
		);
	}
	const before = await folder.currentPath();
	if (before !== undefined) await carryEnrolled(before, path);
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
