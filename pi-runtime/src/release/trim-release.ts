import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Kinds of files that only developers and other programs read. */
const unread = /\.(map|[cm]?ts|tsbuildinfo)$/;

/**
 * Removes from a staged release what a machine with this processor never loads: source maps and types, libraries for other systems, and
 * the builds of TensorFlow.js for browsers.
 */
export async function trimRelease(staged: string, cpu: "arm64" | "x64"): Promise<void> {
	const packages = join(staged, "node_modules");
	for (const path of await filesOf(staged)) if (unread.test(path)) await rm(path);
	// ONNX Runtime brings its libraries for every system, packages with prebuilt bindings, too; libsql's come for both C libraries.
	await keepOnly(join(packages, "onnxruntime-node/bin/napi-v6"), (system) => system === "linux");
	await keepOnly(join(packages, "onnxruntime-node/bin/napi-v6/linux"), (name) => name === cpu);
	for (const name of ["node-hid", "@serialport/bindings-cpp"])
		await keepOnly(join(packages, name, "prebuilds"), (system) => system.endsWith(`linux-${cpu}`));
	await keepOnly(join(packages, "@libsql"), (name) => !name.endsWith("-musl"));
	for (const name of await present(join(packages, "@tensorflow")))
		await keepOnly(join(packages, "@tensorflow", name, "dist"), (file) => /\.node\.js$|\.wasm$/.test(file));
}

async function filesOf(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function keepOnly(folder: string, isKept: (name: string) => boolean): Promise<void> {
	for (const name of await present(folder)) if (!isKept(name)) await rm(join(folder, name), { recursive: true });
}

/** Names in a folder; none where a package is not installed. */
async function present(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
		throw error;
	}
}
