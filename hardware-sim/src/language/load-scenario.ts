import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isScenario, type WrittenScenario } from "./scenario.ts";
import { ScenarioError } from "./scenario-error.ts";
import { scenarioOfText } from "./scenario-file.ts";
import { importTypeScript } from "./typescript.ts";

/** Beside scenarios in their folder, and none. */
const noScenario = /\.schema\.json$|\.test\.[jt]s$|\.d\.ts$|(^|[\\/])(tsconfig|package)\.json$/;

/** Files of scenarios; a folder stands for all that lie in it and below. Throws a `ScenarioError` for a path that is not there. */
export async function scenarioFiles(paths: readonly string[]): Promise<string[]> {
	const files: string[] = [];
	for (const path of paths) {
		const found = await stat(path).catch((error: unknown) => {
			throw new ScenarioError(path, [{ path: [], message: `This file cannot be read: ${reasonOf(error)}.` }]);
		});
		if (!found.isDirectory()) {
			files.push(path);
			continue;
		}
		const names = await readdir(path, { recursive: true });
		files.push(
			...names
				.filter((name) => /\.(json|[mc]?[jt]s)$/.test(name) && !noScenario.test(name) && !name.includes("node_modules"))
				.sort()
				.map((name) => join(path, name)),
		);
	}
	return files;
}

/** Reads one scenario, JSON or module. Checks all that can be checked without running it; throws a `ScenarioError`. */
export async function loadScenario(file: string): Promise<WrittenScenario> {
	const absolute = resolve(file);
	const folder = dirname(absolute);
	if (extname(file) === ".json") {
		const text = await readFile(absolute, "utf8").catch((error: unknown) => {
			throw new ScenarioError(file, [{ path: [], message: `This file cannot be read: ${reasonOf(error)}.` }]);
		});
		return scenarioOfText(text, file, folder);
	}
	const module: unknown = await (/\.[mc]?ts$/.test(file)
		? importTypeScript(absolute)
		: import(pathToFileURL(absolute).href));
	const exported = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
	if (!isScenario(exported))
		throw new ScenarioError(file, [
			{
				path: [],
				message: "This module exports no scenario. Write: export default scenario(name, options, async (s) => …).",
			},
		]);
	return { folder, ...exported };
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
