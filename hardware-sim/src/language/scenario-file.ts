import { z } from "zod";
import { JsonError, readJson } from "./json-position.ts";
import { type ScenarioOptions, scenarioOptionsSchema, settle } from "./options.ts";
import type { WrittenScenario } from "./scenario.ts";
import { type PlacedComplaint, ScenarioError } from "./scenario-error.ts";
import { complaintsOf, parseStep, type Step, stepKinds } from "./steps.ts";

/** The file without its steps: those are checked one by one, each against its own kind. */
const headSchema = scenarioOptionsSchema.extend({
	$schema: z.string().optional().meta({ description: "Where editors find this schema." }),
	name: z.string().min(1).meta({ description: "What happens, as a fact: takes one cola." }),
	steps: z.array(z.unknown()).min(1),
});

/** A scenario as data. */
export interface ScenarioFile {
	readonly name: string;
	readonly options: ScenarioOptions;
	readonly steps: readonly Step[];
}

/**
 * Reads and checks the whole text of a scenario, and runs nothing. Throws a `ScenarioError` with every mistake and its
 * line and column.
 */
export function parseScenarioFile(text: string, source: string): ScenarioFile & { whereIs(step: number): string } {
	const { value, positions } = read(text, source);
	const head = headSchema.safeParse(value, { reportInput: true });
	const complaints: PlacedComplaint[] = head.success
		? []
		: head.error.issues
				.flatMap((issue) => complaintsOf(issue, headSchema))
				.map((complaint) => ({ ...complaint, position: positions.at(complaint.path) }));
	const body = z.object({ steps: z.array(z.unknown()) }).safeParse(value);
	const options = head.success ? head.data : {};
	const steps: Step[] = [];
	(body.success ? body.data.steps : []).forEach((step, index) => {
		const parsed = parseStep(step, settle(options));
		if (parsed.ok) steps.push(parsed.step);
		else
			for (const { path, message } of parsed.complaints) {
				const whole = ["steps", index, ...path];
				complaints.push({ path: whole, message, position: positions.at(whole) });
			}
	});
	if (!head.success || complaints.length > 0) throw new ScenarioError(source, complaints);
	const { $schema: _schema, name, steps: _steps, ...rest } = head.data;
	return {
		name,
		options: rest,
		steps,
		whereIs(step) {
			const { line, column } = positions.at(["steps", step]);
			return `${source}:${line}:${column}`;
		},
	};
}

/** A scenario that plays the steps of a JSON text. */
export function scenarioOfText(text: string, source: string, folder: string): WrittenScenario {
	const { name, options, steps, whereIs } = parseScenarioFile(text, source);
	return Object.freeze({
		name,
		options,
		folder,
		play: async (s) => {
			for (const [index, step] of steps.entries()) await s.perform(step, whereIs(index));
		},
	} satisfies WrittenScenario);
}

function read(text: string, source: string) {
	try {
		return readJson(text);
	} catch (error) {
		if (!(error instanceof JsonError)) throw error;
		throw new ScenarioError(source, [{ path: [], message: error.message, position: error.position }]);
	}
}

/** JSON Schema (draft 2020-12) of scenario files, for editors. */
export function scenarioJsonSchema(): object {
	const steps = z.array(z.union(stepKinds.map(({ schema }) => schema))).min(1);
	return {
		title: "VisionVend scenario",
		...z.toJSONSchema(headSchema.extend({ steps: steps.meta({ description: "What happens, in this order." }) }), {
			io: "input",
		}),
	};
}
