import { posix } from "node:path";
import { parseSync } from "vite";
import { remembered } from "./remembered.ts";

/** The module that an import of `specifier` in the module `importer` means on the device: relative ones are names too. */
export function resolve(specifier: string, importer: string): string {
	if (!specifier.startsWith(".")) return specifier;
	return posix.join(posix.dirname(importer), specifier).replace(/\.js$/, "");
}

/** What a built module imports, as it is written there. Type imports are gone from a built module. */
export const importsOf = remembered((file: string, code: string): readonly string[] => {
	const { module } = parseSync(file, code);
	const written = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
	const passedOn = module.staticExports.flatMap(({ entries }) =>
		entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
	);
	return [...new Set([...written, ...passedOn])];
});

/** Where an import leads that is no module of ours. */
export interface OutsideImport {
	readonly importer: string;
	/** Absolute. */
	readonly specifier: string;
	/** As it is written. */
	readonly written: string;
}

export interface ModuleGraph {
	/** Modules of ours that `main` reaches, sorted. */
	readonly reached: readonly string[];
	readonly outside: readonly OutsideImport[];
}

/** Everything that `main` reaches. `codeOf` answers `undefined` for what is no module of ours. */
export function graphFrom(main: string, codeOf: (specifier: string) => string | undefined): ModuleGraph {
	const reached = new Set<string>();
	const outside: OutsideImport[] = [];
	const waiting = [main];
	for (let importer = waiting.pop(); importer !== undefined; importer = waiting.pop()) {
		const code = codeOf(importer);
		if (code === undefined || reached.has(importer)) continue;
		reached.add(importer);
		for (const written of importsOf(`${importer}.js`, code)) {
			const specifier = resolve(written, importer);
			if (codeOf(specifier) === undefined) outside.push({ importer, specifier, written });
			else waiting.push(specifier);
		}
	}
	return { reached: [...reached].sort(), outside };
}

/** Bytes of code that a built module has without comments and without the space around them. */
export const codeSize = remembered((file: string, code: string): number => {
	const { comments } = parseSync(file, code);
	let kept = "";
	let at = 0;
	for (const { start, end } of comments) {
		kept += code.slice(at, start);
		at = end;
	}
	kept += code.slice(at);
	return Buffer.byteLength(
		kept
			.split("\n")
			.map((line) => line.trim())
			.filter((line) => line !== "")
			.join("\n"),
	);
});
