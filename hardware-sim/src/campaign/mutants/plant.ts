import { register } from "node:module";
import { didYouMean } from "../../language/did-you-mean.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

/** The planted bug of that name. Throws a `RangeError` for a name that is not there. */
export function findMutant(name: string): Mutant {
	const found = mutants.find((mutant) => mutant.name === name);
	if (found) return found;
	const known = mutants.map((mutant) => mutant.name);
	throw new RangeError(`There is no planted bug "${name}"${didYouMean(name, known)}`);
}

/** Modules that are loaded from now on in this process come with the bug. */
export function plant(name: string): void {
	register<Mutant>(new URL("./loader.js", import.meta.url), { data: findMutant(name) });
}
