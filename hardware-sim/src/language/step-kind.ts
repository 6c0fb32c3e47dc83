import type { z } from "zod";
import type { SettledOptions } from "./options.ts";
import type { Play } from "./play.ts";

/** Something wrong with a scenario, at the member or element that `path` names. */
export interface Complaint {
	readonly path: readonly PropertyKey[];
	readonly message: string;
}

/** One kind of step: how it looks as data, and what it does. The step's name is the first member of its schema. */
export interface StepKind {
	readonly name: string;
	readonly schema: z.ZodType;
	/** What the schema alone cannot know: whether there is such a product. `step` has passed the schema. */
	complaints(step: unknown, options: SettledOptions): Complaint[];
	/** Does it. Throws, with what was seen, when it cannot be done. `step` has passed the schema. */
	run(play: Play, step: unknown): Promise<void>;
}

/** `summary` becomes the description that editors show. */
export function defineStep<Schema extends z.ZodType>(
	name: string,
	summary: string,
	schema: Schema,
	run: (play: Play, step: z.infer<Schema>) => Promise<void> | void,
	complaints: (step: z.infer<Schema>, options: SettledOptions) => Complaint[] = () => [],
): StepKind {
	return {
		name,
		schema: schema.meta({ description: summary }),
		complaints: (step, options) => complaints(schema.parse(step), options),
		run: async (play, step) => run(play, schema.parse(step)),
	};
}
