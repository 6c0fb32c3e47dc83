import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { TextPosition } from "./json-position.ts";
import { isScenario, type WrittenScenario } from "./scenario.ts";
import { ScenarioError } from "./scenario-error.ts";
import { scenarioOfText } from "./scenario-file.ts";
import { EnvironmentError, importTypeScript } from "./typescript.ts";

/** More than any story, and less than what a slip of the hand opens. */
const mostBytes = 5_000_000;
/** Beside scenarios in their folder, and none. */
const noScenario = /\.schema\.json$|\.test\.[jt]s$|\.d\.ts$|(^|[\\/])(tsconfig|package)\.json$/;

/**
 * Files of scenarios; a folder stands for all that lie in it and below. Throws a `ScenarioError` for a path
 * that is not there, for a folder without any, and for a file that is of another kind.
 */
export async function scenarioFiles(paths: readonly string[]): Promise<string[]> {
	const files: string[] = [];
	for (const path of paths) {
		const found = await stat(path).catch((error: unknown) => {
			throw new ScenarioError(path, [{ path: [], message: `This file cannot be read: ${reasonOf(error)}.` }]);
		});
		if (!found.isDirectory()) {
			if (!/\.(json|[mc]?[jt]s)$/.test(path))
				throw new ScenarioError(path, [{ path: [], message: "A scenario is a file that ends in .json, .ts or .js." }]);
			if (found.size > mostBytes)
				throw new ScenarioError(path, [
					{ path: [], message: `This file has ${found.size} bytes; a scenario has at most ${mostBytes}.` },
				]);
			files.push(path);
			continue;
		}
		const names = await readdir(path, { recursive: true });
		const scenarios = names
			.filter((name) => /\.(json|[mc]?[jt]s)$/.test(name) && !noScenario.test(name) && !name.includes("node_modules"))
			.sort()
			.map((name) => join(path, name));
		if (scenarios.length === 0)
			throw new ScenarioError(path, [
				{ path: [], message: "There is no scenario in this folder or below: no .json, .ts or .js." },
			]);
		files.push(...scenarios);
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
	const module = await importModule(file, absolute);
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

async function importModule(file: string, absolute: string): Promise<unknown> {
	try {
		return await (/\.[mc]?ts$/.test(file) ? importTypeScript(absolute) : import(pathToFileURL(absolute).href));
	} catch (error) {
		if (error instanceof EnvironmentError) throw error;
		// `scenario(…)` knows its name, and not its file.
		if (error instanceof ScenarioError) throw new ScenarioError(file, error.complaints);
		const message = `This module cannot be loaded: ${stripVTControlCharacters(reasonOf(error)).trim()}`;
		const position = positionIn(absolute, error);
		throw new ScenarioError(file, [{ path: [], message, ...(position === undefined ? {} : { position }) }]);
	}
}

/** Where in the file an error comes from, as its stack tells. */
function positionIn(absolute: string, error: unknown): TextPosition | undefined {
	const stack = error instanceof Error ? (error.stack ?? "") : "";
	const from = [pathToFileURL(absolute).href, absolute]
		.map((name) => stack.indexOf(`${name}:`) + name.length)
		.find((end) => stack.slice(end).startsWith(":"));
	const [, line, column] = (from === undefined ? null : /^:(\d+)(?::(\d+))?/.exec(stack.slice(from))) ?? [];
	return line === undefined ? undefined : { line: Number(line), column: Number(column ?? 1) };
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
