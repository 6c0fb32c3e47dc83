import { z } from "zod";

/** Nanoseconds of each unit of time. */
const nanoseconds = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3_600e9 } as const;
const milligrams = { mg: 1, g: 1_000, kg: 1_000_000 } as const;

/** Text with a number and a unit: `"900ms"`. */
function quantity(
	units: readonly string[],
	options: { readonly signed: boolean; readonly example: (text: string) => string },
) {
	const pattern = new RegExp(`^${options.signed ? "-?" : ""}\\d+(\\.\\d+)?(${units.join("|")})$`);
	return z
		.string({
			error: ({ input }) =>
				typeof input === "number"
					? `Missing unit: ${input}. Write ${options.example(String(input))}.`
					: `Write a number with its unit, as ${options.example("1.5")}.`,
		})
		.regex(pattern, {
			error: ({ input }) =>
				/^-?\d+(\.\d+)?$/.test(String(input))
					? `Missing unit: ${String(input)}. Write ${options.example(String(input))}.`
					: `"${String(input)}" is no number with a unit (${units.join(", ")}). Write it as ${options.example("1.5")}.`,
		});
}

/** A time: `"900ms"`, `"1.4s"`, `"2min"`. Units: ns, us, ms, s, min, h. */
export const durationSchema = quantity(Object.keys(nanoseconds), {
	signed: false,
	example: (text) => `"${text}s" or "${text}ms"`,
}).meta({ title: "time with its unit", examples: ["900ms", "1.4s", "2min"] });

/** A mass, or a force as the mass that weighs as much: `"355g"`, `"1.2kg"`; below zero it pulls. */
export const massSchema = quantity(Object.keys(milligrams), {
	signed: true,
	example: (text) => `"${text}g" or "${text}kg"`,
}).meta({ title: "mass with its unit", examples: ["355g", "1.2kg"] });

/** Nanoseconds, whole. `text` has passed {@link durationSchema}. */
export function nanosecondsOf(text: string): number {
	return Math.round(amountOf(text, nanoseconds));
}

/** Milliseconds, with their fraction. `text` has passed {@link durationSchema}. */
export function millisecondsOf(text: string): number {
	return nanosecondsOf(text) / 1e6;
}

/** Milligrams, whole. `text` has passed {@link massSchema}. */
export function milligramsOf(text: string): number {
	return Math.round(amountOf(text, milligrams));
}

function amountOf(text: string, units: Readonly<Record<string, number>>): number {
	const [, digits = "", unit = ""] = /^(-?[\d.]+)([a-z]+)$/.exec(text) ?? [];
	const factor = units[unit];
	if (factor === undefined || digits === "")
		throw new RangeError(`"${text}" is no number with a unit (${Object.keys(units).join(", ")}).`);
	return Number(digits) * factor;
}
