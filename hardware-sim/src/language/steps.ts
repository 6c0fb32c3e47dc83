import { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import type { SettledOptions } from "./options.ts";
import type { Complaint, StepKind } from "./step-kind.ts";
import { door } from "./steps/door.ts";
import { expect } from "./steps/expect.ts";
import { fault } from "./steps/fault.ts";
import { button, climate, mains, modem, slot } from "./steps/machine.ts";
import { card, dispense, tapStep, unlock } from "./steps/phone.ts";
import { command, configure, update } from "./steps/remote.ts";
import { kill, power, start, wire } from "./steps/rooms.ts";
import { lean, place, putBack, take } from "./steps/shopper.ts";
import { pass, say } from "./steps/time.ts";

/** Every kind of step, in the order in which people need them. Both forms of the language come from this list. */
export const stepKinds: readonly StepKind[] = Object.freeze([
	unlock,
	dispense,
	tapStep,
	card,
	door,
	take,
	putBack,
	place,
	lean,
	pass,
	slot,
	climate,
	mains,
	button,
	modem,
	command,
	configure,
	update,
	power,
	wire,
	kill,
	start,
	say,
	fault,
	expect,
]);

const byName: ReadonlyMap<string, StepKind> = new Map(stepKinds.map((kind) => [kind.name, kind]));

/** A step as data: one member names it. */
export type Step = Readonly<Record<string, unknown>>;

export type Parsed =
	| { readonly ok: true; readonly kind: StepKind; readonly step: Step }
	| { readonly ok: false; readonly complaints: readonly Complaint[] };

/** Finds the kind of a step and checks all of it, without doing anything. */
export function parseStep(value: unknown, options: SettledOptions): Parsed {
	const no = (complaints: readonly Complaint[]): Parsed => ({ ok: false, complaints });
	const record = z.record(z.string(), z.unknown()).safeParse(value);
	if (!record.success) return no([{ path: [], message: 'A step is an object, as { "take": "cola" }.' }]);
	const names = Object.keys(record.data);
	const known = names.filter((name) => byName.has(name));
	const [name = "", second] = known.length > 0 ? known : names.slice(0, 1);
	const kind = byName.get(name);
	if (name === "") return no([{ path: [], message: 'A step names what is done, as { "take": "cola" }.' }]);
	if (kind === undefined)
		return no([{ path: [name], message: `There is no step "${name}"${didYouMean(name, [...byName.keys()])}` }]);
	if (second !== undefined)
		return no([
			{ path: [second], message: `"${name}" and "${second}" are two steps: give each an object of its own.` },
		]);
	const parsed = kind.schema.safeParse(record.data, { reportInput: true });
	if (!parsed.success) return no(parsed.error.issues.flatMap((issue) => complaintsOf(issue, kind.schema)));
	const complaints = kind.complaints(parsed.data, options);
	return complaints.length > 0 ? no(complaints) : { ok: true, kind, step: record.data };
}

/** One issue of zod in words, with the place where it is. */
export function complaintsOf(
	issue: z.core.$ZodIssue,
	schema: z.ZodType,
	inside: readonly PropertyKey[] = [],
): Complaint[] {
	const path = [...inside, ...issue.path];
	if (issue.code === "unrecognized_keys") {
		const known = membersAt(schema, path);
		return issue.keys.map((key) => ({
			path: [...path, key],
			message: `There is no "${key}" here${didYouMean(key, known)}`,
		}));
	}
	if (issue.code === "invalid_union") {
		// The choice that comes nearest is the one that was meant: the deepest complaint tells what is wrong with it.
		const [nearest] = issue.errors
			.map((issues) => issues.flatMap((inner) => complaintsOf(inner, schema, path)))
			.sort((a, b) => depth(b) - depth(a));
		if (nearest !== undefined && depth(nearest) > path.length) return nearest;
	}
	if (issue.code === "invalid_value") {
		const values = issue.values.map(String);
		const given =
			typeof issue.input === "string" ? didYouMean(issue.input, values) : `. There are: ${values.join(", ")}.`;
		return [{ path, message: `${JSON.stringify(issue.input) ?? "This"} is not one of the choices${given}` }];
	}
	if (issue.code === "invalid_type" && issue.input === undefined && issue.path.length > 0)
		return [{ path, message: `"${String(issue.path.at(-1))}" is missing.` }];
	return [{ path, message: inOwnWords(issue) ?? issue.message }];
}

const kinds: Readonly<Record<string, string>> = Object.freeze({
	string: "text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
	array: "a list",
	object: "an object",
});

/** What zod says by itself, in the words of everything else here; `undefined` where a schema has its own. */
function inOwnWords(issue: z.core.$ZodIssue): string | undefined {
	if (!/^(Invalid input|Too small|Too big): expected/.test(issue.message)) return undefined;
	const given = JSON.stringify(issue.input)?.slice(0, 40) ?? "nothing";
	if (issue.code === "invalid_type") {
		const kind = kinds[issue.expected];
		return kind === undefined ? undefined : `Here belongs ${kind}, not ${given}.`;
	}
	if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
	const isCount = issue.origin === "array" || issue.origin === "string";
	const limit = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
	if (isCount) return `The length is ${limit}.`;
	return issue.origin === "number" || issue.origin === "int" ? `${given} is not ${limit}.` : undefined;
}

function depth(complaints: readonly Complaint[]): number {
	return Math.max(0, ...complaints.map(({ path }) => path.length));
}

/** The members that an object of the schema may have, at a path inside it. */
function membersAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
	let here: z.core.$ZodType = schema;
	for (const key of path) here = inner(here, key) ?? here;
	const plain = unwrap(here);
	if (plain instanceof z.ZodObject) return Object.keys(plain.shape);
	if (plain instanceof z.ZodUnion)
		return plain.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []));
	return [];
}

function inner(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
	const plain = unwrap(schema);
	if (plain instanceof z.ZodArray) return plain.element;
	if (plain instanceof z.ZodObject) return plain.shape[String(key)];
	if (plain instanceof z.ZodUnion) return plain.options.find((option) => inner(option, key) !== undefined);
	return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
	return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}
