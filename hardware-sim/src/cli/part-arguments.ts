import { z } from "zod";
import { type Part, parts } from "../conformance/parts.ts";
import { didYouMean } from "../language/did-you-mean.ts";
import { durationSchema, millisecondsOf } from "../language/units.ts";
import type { Session } from "../record/part-session.ts";
import { UsageError } from "./command.ts";

/** Options that `record` and `replay` share. */
export const sessionOptions = {
	for: { type: "string" },
	every: { type: "string" },
	options: { type: "string" },
} as const;

export function partOf(name: string | undefined, usage: string): Part {
	const names = parts.map(({ subject }) => subject.part);
	if (name === undefined) throw new UsageError(`Which part? There are: ${names.join(", ")}.\n\n${usage}`);
	const part = parts.find(({ subject }) => subject.part === name);
	if (part === undefined) throw new UsageError(`There is no part "${name}"${didYouMean(name, names)}`);
	return part;
}

export function sessionOf(
	values: {
		readonly for?: string | undefined;
		readonly every?: string | undefined;
		readonly options?: string | undefined;
	},
	usage: string,
): Session {
	const time = (option: string, text: string) => {
		const parsed = durationSchema.safeParse(text);
		if (!parsed.success) throw new UsageError(`--${option}: ${parsed.error.issues[0]?.message}\n\n${usage}`);
		return millisecondsOf(parsed.data);
	};
	let options: unknown = {};
	try {
		options = JSON.parse(values.options ?? "{}");
	} catch (error) {
		throw new UsageError(`--options is no JSON: ${values.options}\n\n${usage}`, { cause: error });
	}
	const parsed = z.record(z.string(), z.unknown()).safeParse(options);
	if (!parsed.success) throw new UsageError(`--options is an object, as {"clock":{"pin":5}}\n\n${usage}`);
	const everyMs = time("every", values.every ?? "100ms");
	if (everyMs < 1) throw new UsageError(`--every ${values.every}: 1ms or more\n\n${usage}`);
	return {
		forMs: time("for", values.for ?? "3s"),
		everyMs,
		options: parsed.data,
	};
}
