import { playScenario } from "../language/play-scenario.ts";
import type { WrittenScenario } from "../language/scenario.ts";
import type { Step } from "../language/steps.ts";
import type { XsHost } from "../xs/build.ts";
import { type Fault, FaultNotHere } from "./fault.ts";
import { type BrokenPromise, brokenPromises, comeToRest } from "./promises.ts";

/** What became of one fault at one step. */
export interface SweepCell {
	readonly fault: string;
	/** From 1. The fault begins as this step does. */
	readonly step: number;
	/**
	 * `kept`; `excused`: what is broken is beyond software under this fault; `broken`; `not-here`: the machine has no
	 * such part, or the scenario did not come to this step.
	 */
	readonly verdict: "kept" | "excused" | "broken" | "not-here";
	readonly broken: readonly BrokenPromise[];
}

export interface SweepResult {
	readonly name: string;
	readonly seed: number;
	readonly steps: readonly Step[];
	readonly cells: readonly SweepCell[];
	/** What already fails without any fault, step by step: the scenario is not what its author thinks. */
	readonly failsAnyway: readonly string[];
}

export interface SweepOptions {
	readonly seed?: number | undefined;
	readonly xsHost?: XsHost | undefined;
	/** Called after each run. */
	readonly onCell?: ((cell: SweepCell, done: number, of: number) => void) | undefined;
	/** Asked before each run; true ends the sweep early. */
	readonly stopped?: (() => boolean) | undefined;
}

/**
 * Plays a scenario again and again: every fault, at each of its steps, for the fault's usual time. What the scenario
 * expects does not count then, for a fault may change how a sale ends; a shopper whose step cannot be done goes on with
 * the next. After the heal all promises of docs/architecture/promises.md must hold.
 */
export async function sweep(
	scenario: WrittenScenario,
	faults: readonly Fault[],
	options: SweepOptions = {},
): Promise<SweepResult> {
	const steps: Step[] = [];
	const failsAnyway: string[] = [];
	const { seed } = await playScenario(scenario, {
		seed: options.seed,
		before: (_index, step) => {
			steps.push(step);
		},
		failed: ({ step, misses }) => {
			failsAnyway.push(...misses.map(({ name, seen }) => `step ${step}: ${name}: ${seen}`));
		},
	});
	const places = steps.flatMap((step, index) => ("expect" in step || "say" in step ? [] : [index]));
	const cells: SweepCell[] = [];
	const total = faults.length * places.length;
	for (const fault of faults)
		for (const place of places) {
			if (options.stopped?.()) return { name: scenario.name, seed, steps, cells, failsAnyway };
			const cell = await one(scenario, fault, place, options);
			cells.push(cell);
			options.onCell?.(cell, cells.length, total);
		}
	return { name: scenario.name, seed, steps, cells, failsAnyway };
}

async function one(
	scenario: WrittenScenario,
	fault: Fault,
	place: number,
	{ seed, xsHost }: SweepOptions,
): Promise<SweepCell> {
	let broken: readonly BrokenPromise[] = [];
	let isHere = false;
	let inject: () => Promise<void> = async () => undefined;
	await playScenario(scenario, {
		seed,
		xsHost,
		onStage: (play) => {
			inject = () => play.inject(fault, fault.usualMs);
		},
		before: async (index) => {
			if (index !== place) return;
			try {
				await inject();
				isHere = true;
			} catch (error) {
				if (!(error instanceof FaultNotHere)) throw error;
			}
		},
		failed: () => undefined,
		onEnd: async (play) => {
			const { stage, sales } = play;
			await play.outlast();
			await play.healAll();
			await comeToRest(stage, sales);
			broken = await brokenPromises(stage, { sales, soundSensors: fault.soundSensors });
		},
	});
	const inexcusable = broken.some(({ promise }) => !fault.beyondSoftware.includes(promise));
	const verdict = !isHere ? "not-here" : inexcusable ? "broken" : broken.length > 0 ? "excused" : "kept";
	return { fault: fault.name, step: place + 1, verdict, broken };
}

/** The table of a sweep, faults down and steps across, and below it what is broken. */
export function sweepTable({ steps, cells, failsAnyway }: SweepResult): string[] {
	const rows = [...new Set(cells.map(({ fault }) => fault))];
	const places = [...new Set(cells.map(({ step }) => step))];
	const width = Math.max("fault".length, ...rows.map((row) => row.length));
	const columns = places.map((step) => ({ step, head: `${step}` }));
	const columnWidth = 4;
	const cellOf = (fault: string, step: number) => {
		const cell = cells.find((candidate) => candidate.fault === fault && candidate.step === step);
		if (cell === undefined) return "";
		if (cell.verdict === "kept") return "·";
		if (cell.verdict === "not-here") return "–";
		const numbers = [...new Set(cell.broken.map(({ promise }) => promise))].sort().join("");
		return cell.verdict === "excused" ? `(${numbers})` : numbers;
	};
	return [
		`${"fault".padEnd(width)}${columns.map(({ head }) => head.padStart(columnWidth)).join("")}`,
		...rows.map(
			(row) => `${row.padEnd(width)}${places.map((step) => cellOf(row, step).padStart(columnWidth)).join("")}`,
		),
		"",
		...columns.map(({ step, head }) => `${head.padStart(4)}  ${JSON.stringify(steps[step - 1])}`),
		"",
		"· all promises kept   5 promise 5 is broken   (4) broken, and beyond software   – no such part, or no such step",
		...failsAnyway.map((what) => `fails without any fault: ${what}`),
		...cells
			.filter(({ verdict }) => verdict === "broken")
			.flatMap(({ fault, step, broken }) =>
				broken.map(({ promise, what }) => `${fault} at step ${step}: promise ${promise}: ${what}`),
			),
	];
}
