import { execFile } from "node:child_process";
import { createHash, createPrivateKey } from "node:crypto";
import { createReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { archiveName } from "./install-release.ts";
import { floorFile } from "./release-folder.ts";
import { type ReleaseManifest, signManifest } from "./release-manifest.ts";
import { trimRelease } from "./trim-release.ts";

const run = promisify(execFile);

/** Rooms whose built code the service runs on. */
const rooms = ["sdk", "drivers", "pi-runtime"] as const;
const parts = ["bin", "dist", "models", "systemd", "install"] as const;

/** What npm reads of a package to install it; without what only developers need. */
const packageSchema = z
	.looseObject({ devDependencies: z.unknown().optional() })
	.transform(({ devDependencies: _, ...rest }) => rest);

/**
 * Puts what is built in a repository, with its packages for `cpu`, into `folder`, as a release has it. Packages come from the
 * registry that npm knows, as the lockfile says.
 */
export async function stageRelease(repository: string, folder: string, cpu: "arm64" | "x64"): Promise<void> {
	for (const name of ["package-lock.json", ".npmrc", "LICENSE"]) await cp(join(repository, name), join(folder, name));
	// The packages of other rooms stay away.
	await copyPackage(repository, folder, { workspaces: rooms });
	for (const room of rooms) {
		const [from, to] = [join(repository, room), join(folder, room)];
		await mkdir(to);
		await copyPackage(from, to);
		const present = await readdir(from);
		for (const part of parts.filter((name) => present.includes(name)))
			await cp(join(from, part), join(to, part), { recursive: true });
	}
	const words = ["ci", "--omit=dev", "--no-audit", "--no-fund", `--cpu=${cpu}`, "--os=linux", "--libc=glibc"];
	await run("npm", words, { cwd: folder });
	await trimRelease(folder, cpu);
}

async function copyPackage(from: string, to: string, change: Readonly<Record<string, unknown>> = {}): Promise<void> {
	const document = packageSchema.parse(JSON.parse(await readFile(join(from, "package.json"), "utf8")));
	await writeFile(join(to, "package.json"), JSON.stringify({ ...document, ...change }, null, "\t"));
}

/** Packs what is staged and signs it. Resolves to the path of its manifest; the archive stands beside it. */
export async function packRelease(options: {
	readonly staged: string;
	readonly out: string;
	readonly product: ReleaseManifest["product"];
	readonly version: string;
	readonly hardware: string;
	readonly floor: number;
	readonly privateKeyPem: string;
}): Promise<string> {
	const { staged, out, product, version, hardware, floor } = options;
	await mkdir(out, { recursive: true });
	await writeFile(join(staged, floorFile), String(floor));
	const archive = join(out, archiveName({ product, version, hardware }));
	// The same files make the same archive.
	const order = ["--sort=name", "--mtime=2020-01-01T00:00:00Z", "--owner=0", "--group=0", "--numeric-owner"];
	await run("tar", [...order, "-czf", archive, "-C", staged, "."], { env: { ...process.env, GZIP: "-n" } });
	const hash = createHash("sha256");
	for await (const bytes of createReadStream(archive)) hash.update(bytes as Buffer);
	const body = { product, hardware, version, floor, byteLength: (await stat(archive)).size };
	const sealed: ReleaseManifest = signManifest(
		{ ...body, sha256: hash.digest("base64url") },
		createPrivateKey(options.privateKeyPem),
	);
	const path = archive.replace(/\.tar\.gz$/, ".json");
	await writeFile(path, `${JSON.stringify(sealed, null, "\t")}\n`);
	return path;
}

/** A folder for staging, which the caller removes. */
export function stagingFolder(): Promise<string> {
	return mkdtemp(join(tmpdir(), "visionvend-release-"));
}
