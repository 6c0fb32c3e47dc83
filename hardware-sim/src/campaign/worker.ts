import type { DayOrder, WorkerAnswer } from "./workers.ts";

// A planted bug has to be there before the first module that it is in.
const [mutant] = process.argv.slice(2);
if (mutant !== undefined) (await import("./mutants/plant.ts")).plant(mutant);
const { playOrder } = await import("./campaign.ts");

process.on("message", (order: DayOrder) => {
	void play(order);
});

async function play(order: DayOrder): Promise<void> {
	const answer = await playOrder(order).then(
		(result): WorkerAnswer => ({ type: "day", result }),
		(error: unknown): WorkerAnswer => ({
			type: "failed",
			message: error instanceof Error ? (error.stack ?? error.message) : String(error),
		}),
	);
	process.send?.(answer);
}
