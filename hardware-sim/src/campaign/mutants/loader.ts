import type { InitializeHook, LoadHook } from "node:module";
import { builtPath, type Mutant, mutate } from "./mutant.ts";

let planted: Mutant | undefined;

/** Takes the mutant that `plant` hands over. */
export const initialize: InitializeHook<Mutant> = (mutant) => {
	planted = mutant;
};

/** A loader for Node: the file of the planted bug comes with the bug in it. Its thread runs nothing else. */
export const load: LoadHook = async (url, context, nextLoad) => {
	const loaded = await nextLoad(url, context);
	if (planted === undefined || !url.endsWith(builtPath(planted))) return loaded;
	return { ...loaded, source: mutate(String(loaded.source), planted) };
};
