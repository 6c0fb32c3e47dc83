import { type CampaignOptions, runCampaign } from "./campaign.ts";
import type { Mutant } from "./mutants/mutant.ts";
import type { FoundViolation } from "./violation.ts";

/** What became of one planted bug. */
export interface MutantResult {
	readonly name: string;
	readonly story: string;
	/** The broken promise that gave it away; `undefined` for a bug that was not found. */
	readonly caught: FoundViolation | undefined;
	/** Sales until then. */
	readonly sales: number;
}

/** Plays a campaign for each planted bug, until a promise is broken. `workers` bugs at a time, a process each. */
export async function runMutants(
	mutants: readonly Mutant[],
	options: Omit<CampaignOptions, "mutant">,
	onResult: (result: MutantResult) => void,
): Promise<MutantResult[]> {
	const waiting = [...mutants];
	const results: MutantResult[] = [];
	const work = async (): Promise<void> => {
		for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
			const { name, story, machine = "fridge" } = mutant;
			const machines = options.machines ?? [machine];
			const { sales, results: found } = await runCampaign({ ...options, machines, mutant: name, workers: 1 });
			if (options.stopped?.aborted) return;
			const result = { name, story, caught: found.violation, sales };
			results.push(result);
			onResult(result);
		}
	};
	await Promise.all(Array.from({ length: Math.max(1, options.workers ?? 1) }, work));
	return results.sort((one, other) => indexOf(mutants, one.name) - indexOf(mutants, other.name));
}

function indexOf(mutants: readonly Mutant[], name: string): number {
	return mutants.findIndex((mutant) => mutant.name === name);
}

/** A line for each planted bug: how many sales it lived, and which promise gave it away. */
export function mutantTable(results: readonly MutantResult[]): string[] {
	const width = Math.max(0, ...results.map(({ name }) => name.length));
	return results.map(({ name, caught, sales }) =>
		caught === undefined
			? `${name.padEnd(width)}  ${String(sales).padStart(6)}  SURVIVED`
			: `${name.padEnd(width)}  ${String(sales).padStart(6)}  promise ${caught.promise}: ${caught.promised}: ${caught.seen}`,
	);
}
