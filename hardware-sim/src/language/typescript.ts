import { register } from "node:module";
import { pathToFileURL } from "node:url";

/** This Node cannot run the file. */
export class EnvironmentError extends Error {
	override readonly name = "EnvironmentError";
}

let registered = false;

/**
 * Imports a TypeScript module. Node 22.18 and 24 erase types by themselves, and so does a test runner; an older Node is
 * helped by Vite's compiler, where that is installed. Throws an `EnvironmentError` where nobody can.
 */
export async function importTypeScript(absolute: string): Promise<unknown> {
	const { href } = pathToFileURL(absolute);
	if (
		!("typescript" in process.features && process.features.typescript) &&
		process.env.VITEST === undefined &&
		!registered
	) {
		await import("vite").catch((cause: unknown) => {
			throw new EnvironmentError(
				`${absolute}: this Node (${process.version}) runs no TypeScript. Use Node 22.18 or newer, or install vite, or write the scenario in JSON or JavaScript.`,
				{ cause },
			);
		});
		process.setSourceMapsEnabled(true);
		register("./erase-types.js", import.meta.url);
		registered = true;
	}
	return import(href);
}
