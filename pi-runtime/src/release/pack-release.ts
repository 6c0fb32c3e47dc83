import { execFile } from "node:child_process";
import { createHash, createPrivateKey } from "node:crypto";
import { createReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { archiveName, floorFile } from "./install-release.ts";
import { type ReleaseManifest, signManifest } from "./release-manifest.ts";

const run = promisify(execFile);

/** Rooms whose built code the service runs on. */
const rooms = ["sdk", "drivers", "pi-runtime"] as const;
const parts = ["package.json", "bin", "dist", "models", "systemd", "install"] as const;

const rootPackageSchema = z.object({ workspaces: z.array(z.string()) });

/**
 * Puts what is built in a repository, with its packages for `cpu`, into `folder`, as a release has it. Packages come from the
 * registry that npm knows, as the lockfile says.
 */
export async function stageRelease(repository: string, folder: string, cpu: "arm64" | "x64"): Promise<void> {
	for (const name of ["package.json", "package-lock.json", ".npmrc", "LICENSE"])
		await cp(join(repository, name), join(folder, name));
	const { workspaces } = rootPackageSchema.parse(JSON.parse(await readFile(join(repository, "package.json"), "utf8")));
	for (const room of workspaces) {
		await mkdir(join(folder, room), { recursive: true });
		await cp(join(repository, room, "package.json"), join(folder, room, "package.json"));
	}
	for (const room of rooms) {
		const present = await readdir(join(repository, room));
		for (const part of parts.filter((name) => present.includes(name)))
			await cp(join(repository, room, part), join(folder, room, part), { recursive: true });
	}
	const words = [
		"ci",
		"--omit=dev",
		"--workspace=pi-runtime",
		"--include-workspace-root=false",
		"--no-audit",
		"--no-fund",
	];
	await run("npm", [...words, `--cpu=${cpu}`, "--os=linux", "--libc=glibc"], { cwd: folder });
	// The engine brings its libraries for every system: 200 MB that a Pi never loads.
	const engine = join(folder, "node_modules/onnxruntime-node/bin/napi-v6");
	for (const os of await readdir(engine)) {
		if (os !== "linux") await rm(join(engine, os), { recursive: true });
		else
			for (const other of await readdir(join(engine, os)))
				if (other !== cpu) await rm(join(engine, os, other), { recursive: true });
	}
}

/** Packs a staged release and signs it. Resolves to the path of its manifest; the archive stands beside it. */
export async function packRelease(options: {
	readonly staged: string;
	readonly out: string;
	readonly version: string;
	readonly hardware: string;
	readonly floor: number;
	readonly privateKeyPem: string;
}): Promise<string> {
	const { staged, out, version, hardware, floor } = options;
	await mkdir(out, { recursive: true });
	await writeFile(join(staged, floorFile), String(floor));
	const archive = join(out, archiveName({ version, hardware }));
	// The same files make the same archive.
	const order = ["--sort=name", "--mtime=2020-01-01T00:00:00Z", "--owner=0", "--group=0", "--numeric-owner"];
	await run("tar", [...order, "-czf", archive, "-C", staged, "."], { env: { ...process.env, GZIP: "-n" } });
	const hash = createHash("sha256");
	for await (const bytes of createReadStream(archive)) hash.update(bytes as Buffer);
	const body = { product: "visionvend-pi", hardware, version, floor, byteLength: (await stat(archive)).size } as const;
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
