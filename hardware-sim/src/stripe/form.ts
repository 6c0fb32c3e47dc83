/** A request body as Stripe's clients send it: form-encoded, nesting written in brackets (`card[token]=tok_visa`). */
export type FormValue = string | FormObject;
/** Lists are objects too; their names are the indexes `0`, `1`, … in order. Has no prototype. */
export interface FormObject {
	[name: string]: FormValue;
}

/**
 * Parses a form-encoded body or query. Never fails: what is no well-formed bracket name stays a flat name,
 * and a name that is given both a text and members keeps its members.
 * Source: Stripe API reference, "Authentication" to "Expanding responses"; stripe-node's `stringifyRequestData`.
 */
export function parseForm(text: string): FormObject {
	const root = emptyObject();
	for (const [name, value] of new URLSearchParams(text)) {
		const segments = splitName(name);
		let target = root;
		for (const segment of segments.slice(0, -1)) {
			const key = segment === "" ? String(Object.keys(target).length) : segment;
			const inner = target[key];
			if (typeof inner === "object") {
				target = inner;
			} else {
				const created = emptyObject();
				target[key] = created;
				target = created;
			}
		}
		const last = segments[segments.length - 1] ?? name;
		const key = last === "" ? String(Object.keys(target).length) : last;
		if (typeof target[key] !== "object") target[key] = value;
	}
	return root;
}

/** The same text for the same parameters, in whatever order they were sent. */
export function canonicalForm(value: FormValue): string {
	if (typeof value === "string") return JSON.stringify(value);
	const members = Object.keys(value)
		.sort()
		.map((name) => `${JSON.stringify(name)}:${canonicalForm(value[name] ?? "")}`);
	return `{${members.join(",")}}`;
}

function splitName(name: string): string[] {
	const match = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name);
	if (match === null) return [name];
	const [, head = name, brackets = ""] = match;
	return [head, ...brackets.slice(1, -1).split("][")];
}

function emptyObject(): FormObject {
	// A name such as `__proto__` or `constructor` must be an ordinary name here.
	return Object.create(null);
}
