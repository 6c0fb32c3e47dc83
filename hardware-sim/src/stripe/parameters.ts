import { parameterError } from "./api-error.ts";
import type { FormObject } from "./form.ts";

/**
 * Reads the parameters of one request and refuses what it cannot use, as Stripe does: a name that no endpoint
 * reads is an error, so a misspelt parameter never passes silently. Call {@link end} after the last read.
 */
export class Parameters {
	readonly #values: FormObject;
	readonly #path: string;
	readonly #read = new Set<string>();
	readonly #children: Parameters[] = [];

	constructor(values: FormObject, path = "") {
		this.#values = values;
		this.#path = path;
	}

	/** Full name in Stripe's notation, e.g. `card[token]`. */
	fullName(name: string): string {
		return this.#path === "" ? name : `${this.#path}[${name}]`;
	}

	/** A text, or `undefined` when absent. Empty texts are refused. */
	text(name: string): string | undefined {
		const value = this.#take(name);
		if (value === undefined) return undefined;
		if (typeof value !== "string") {
			throw parameterError(
				"parameter_invalid_string",
				this.fullName(name),
				`Invalid string for ${this.fullName(name)}`,
			);
		}
		if (value === "") {
			throw parameterError(
				"parameter_invalid_empty",
				this.fullName(name),
				`You passed an empty string for '${this.fullName(name)}'. Leave it out, or give it a value.`,
			);
		}
		return value;
	}

	requiredText(name: string): string {
		const value = this.text(name);
		if (value === undefined) throw this.#missing(name);
		return value;
	}

	/** An integer from `minimum` up to 99,999,999, or `undefined` when absent. */
	integer(name: string, minimum = 0): number | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		const fullName = this.fullName(name);
		if (!/^-?\d{1,15}$/.test(value)) {
			throw parameterError("parameter_invalid_integer", fullName, `Invalid integer: ${value}`);
		}
		const number = Number(value);
		if (number < minimum) {
			throw parameterError(
				"parameter_invalid_integer",
				fullName,
				`Invalid integer: ${fullName} must be at least ${minimum}, it is ${value}`,
			);
		}
		if (number > 99_999_999) {
			throw parameterError("amount_too_large", fullName, `${fullName} must be no more than 99999999`);
		}
		return number;
	}

	requiredInteger(name: string, minimum = 0): number {
		const value = this.integer(name, minimum);
		if (value === undefined) throw this.#missing(name);
		return value;
	}

	/** Unix time in whole seconds, or `undefined` when absent. */
	unixTime(name: string): number | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		if (/^\d{1,12}$/.test(value)) return Number(value);
		throw parameterError("parameter_invalid_integer", this.fullName(name), `Invalid integer: ${value}`);
	}

	boolean(name: string): boolean | undefined {
		const value = this.oneOf(name, ["true", "false"]);
		return value === undefined ? undefined : value === "true";
	}

	oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		const choice = choices.find((candidate) => candidate === value);
		if (choice === undefined) {
			throw parameterError(
				"parameter_invalid_enum",
				this.fullName(name),
				`Invalid ${this.fullName(name)}: must be one of ${choices.join(", ")}`,
			);
		}
		return choice;
	}

	/** A list of texts; absent is an empty list. */
	texts(name: string): string[] {
		const value = this.#take(name);
		if (value === undefined || value === "") return [];
		if (typeof value === "string") return [value];
		return Object.keys(value).map((index) => {
			const item = value[index];
			if (typeof item !== "string") {
				throw parameterError("parameter_invalid_array", this.fullName(name), `Invalid array: ${this.fullName(name)}`);
			}
			return item;
		});
	}

	/** The members of a nested hash, or `undefined` when absent. */
	nested(name: string): Parameters | undefined {
		const value = this.#take(name);
		if (value === undefined) return undefined;
		if (typeof value === "string") {
			throw parameterError("parameter_invalid_hash", this.fullName(name), `Invalid object: ${this.fullName(name)}`);
		}
		const child = new Parameters(value, this.fullName(name));
		this.#children.push(child);
		return child;
	}

	/** Text pairs; an empty text means "remove this key". */
	metadata(): Record<string, string> {
		const value = this.#take("metadata");
		const result: Record<string, string> = {};
		if (value === undefined || value === "") return result;
		if (typeof value === "string") {
			throw parameterError("parameter_invalid_hash", this.fullName("metadata"), "Invalid object: metadata");
		}
		for (const [key, text] of Object.entries(value)) {
			if (typeof text !== "string" || text.length > 500 || key.length > 40) {
				throw parameterError(
					"parameter_invalid_string",
					`metadata[${key}]`,
					`Invalid metadata '${key}': keys have up to 40 characters, values are texts of up to 500`,
				);
			}
			result[key] = text;
		}
		return result;
	}

	/** Accepts parameters that change nothing in the simulation. */
	ignore(...names: readonly string[]): void {
		for (const name of names) this.#read.add(name);
	}

	/** Refuses every name that nothing has read. */
	end(): void {
		for (const child of this.#children) child.end();
		for (const name of Object.keys(this.#values)) {
			if (this.#read.has(name)) continue;
			const meant = [...this.#read].find((known) => known.endsWith(name) || name.endsWith(known));
			throw parameterError(
				"parameter_unknown",
				this.fullName(name),
				`Received unknown parameter: ${this.fullName(name)}${meant === undefined ? "" : `. Did you mean ${this.fullName(meant)}?`}`,
			);
		}
	}

	#take(name: string): FormObject[string] | undefined {
		this.#read.add(name);
		return this.#values[name];
	}

	#missing(name: string) {
		return parameterError("parameter_missing", this.fullName(name), `Missing required param: ${this.fullName(name)}.`);
	}
}

/** Applies a `metadata` parameter to an object's metadata: new keys set, empty texts removed. */
export function mergeMetadata(current: Record<string, string>, changes: Record<string, string>): void {
	for (const [key, text] of Object.entries(changes)) {
		if (text === "") delete current[key];
		else current[key] = text;
	}
}
