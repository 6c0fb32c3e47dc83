import type { BusEvent } from "../evidence/bus-log.ts";
import { busEventLines } from "../evidence/bus-log.ts";

/** What was expected and not found. */
export interface Miss {
	/** The expectation: `receipt`. */
	readonly name: string;
	readonly wanted: unknown;
	readonly seen: string;
}

/** Thrown by the step `expect`. */
export class ExpectationError extends Error {
	override readonly name = "ExpectationError";
	readonly misses: readonly Miss[];
	readonly within: string | undefined;

	constructor(misses: readonly Miss[], within: string | undefined) {
		super(misses.map(({ name, wanted, seen }) => `${name} ${JSON.stringify(wanted)}, seen: ${seen}`).join("\n"));
		this.misses = misses;
		this.within = within;
	}
}

/** A step of a scenario could not be done, or did not find what it expected. The message tells all of it. */
export class ScenarioFailure extends Error {
	override readonly name = "ScenarioFailure";
	/** Virtual time, milliseconds since the stage was raised. */
	readonly atMs: number;
	/** From 1. */
	readonly step: number;
	/** The step as data, without what is too long for a line. */
	readonly what: string;
	/** File, line and column, where they are known. */
	readonly where: string | undefined;
	/** Expectation and finding; where the step is none, what it was to do and why it could not. */
	readonly misses: readonly Miss[];
	readonly lastBusEvents: readonly BusEvent[];

	constructor(failure: {
		readonly atMs: number;
		readonly step: number;
		readonly what: unknown;
		readonly where: string | undefined;
		readonly cause: unknown;
		readonly lastBusEvents: readonly BusEvent[];
	}) {
		const { atMs, step, where, cause, lastBusEvents } = failure;
		const what = JSON.stringify(failure.what);
		const misses =
			cause instanceof ExpectationError
				? cause.misses
				: [{ name: "step", wanted: failure.what, seen: cause instanceof Error ? cause.message : String(cause) }];
		const within = cause instanceof ExpectationError && cause.within !== undefined ? ` within ${cause.within}` : "";
		const lines = [
			`step ${step}: ${what}${where === undefined ? "" : `  (${where})`}`,
			`  at        ${(atMs / 1000).toFixed(3)} s of virtual time`,
			...misses.flatMap(({ name, wanted, seen }) => [
				`  expected  ${name} ${JSON.stringify(wanted)}${within}`,
				`  seen      ${seen}`,
			]),
			`  the last ${lastBusEvents.length} events on the wires`,
			...busEventLines(lastBusEvents).map((line) => `    ${line}`),
		];
		super(lines.join("\n"), { cause });
		this.atMs = atMs;
		this.step = step;
		this.what = what;
		this.where = where;
		this.misses = misses;
		this.lastBusEvents = lastBusEvents;
	}
}
