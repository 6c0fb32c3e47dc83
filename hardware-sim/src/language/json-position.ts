/** A place in a text; both count from 1. */
export interface TextPosition {
	readonly line: number;
	readonly column: number;
}

/** Where values of a JSON text stand. `path` names them as in the value: `["steps", 3, "take"]`. */
export interface JsonPositions {
	/** Of a member its name, of an element its value. The nearest parent's place for a path that is not there. */
	at(path: readonly PropertyKey[]): TextPosition;
}

/** A text that is no JSON (RFC 8259). */
export class JsonError extends Error {
	override readonly name = "JsonError";
	readonly position: TextPosition;

	constructor(message: string, position: TextPosition) {
		super(message);
		this.position = position;
	}
}

const space = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 forbids exactly these in a string.
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Deeper than anything that people write. */
const depthLimit = 100;

/**
 * Reads a JSON text and remembers where everything stood. A byte order mark is passed over, and a name that stands twice
 * in one object is a mistake, since only one of the two could count (RFC 8259 sections 4 and 8.1 leave both to readers).
 * Throws a `JsonError` with the place of the mistake.
 */
export function readJson(written: string): { readonly value: unknown; readonly positions: JsonPositions } {
	const text = written.replace(/^\ufeff/, "");
	const lineStarts = startsOfLines(text);
	const positionAt = (offset: number): TextPosition => placeOf(offset, lineStarts);
	const places = new Map<string, number>();
	let at = 0;
	const match = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at;
		const found = pattern.exec(text)?.[0];
		at += found?.length ?? 0;
		return found;
	};
	const refuse = (wanted: string): never => {
		const found = at < text.length ? `"${text.slice(at, at + 12).split("\n")[0]}"` : "the end";
		throw new JsonError(`This is no JSON: ${wanted} belongs here, not ${found}.`, positionAt(at));
	};
	const next = (): string | undefined => {
		match(space);
		return text[at];
	};
	const readMembers = (path: readonly PropertyKey[]): Record<string, unknown> => {
		const members: [string, unknown][] = [];
		at++;
		if (next() === "}") at++;
		else
			for (;;) {
				next();
				const start = at;
				const name: unknown = JSON.parse(match(string) ?? refuse("a name in double quotes"));
				const inside = [...path, String(name)];
				if (places.has(keyOf(inside)))
					throw new JsonError(`"${String(name)}" stands here a second time.`, positionAt(start));
				places.set(keyOf(inside), start);
				if (next() !== ":") refuse("a colon");
				at++;
				members.push([String(name), readValue(inside)]);
				const mark = next();
				if (mark !== "," && mark !== "}") refuse("a comma or }");
				at++;
				if (mark === "}") break;
			}
		return Object.fromEntries(members);
	};
	const readElements = (path: readonly PropertyKey[]): unknown[] => {
		const elements: unknown[] = [];
		at++;
		if (next() === "]") at++;
		else
			for (;;) {
				elements.push(readValue([...path, elements.length]));
				const mark = next();
				if (mark !== "," && mark !== "]") refuse("a comma or ]");
				at++;
				if (mark === "]") break;
			}
		return elements;
	};
	const readValue = (path: readonly PropertyKey[]): unknown => {
		const first = next();
		if (!places.has(keyOf(path))) places.set(keyOf(path), at);
		if (path.length > depthLimit)
			throw new JsonError(`This lies more than ${depthLimit} brackets deep.`, positionAt(at));
		if (first === "{") return readMembers(path);
		if (first === "[") return readElements(path);
		return JSON.parse(match(string) ?? match(scalar) ?? refuse("a value"));
	};
	const value = readValue([]);
	if (next() !== undefined) refuse("the end");
	return {
		value,
		positions: {
			at(path) {
				for (let length = path.length; length >= 0; length--) {
					const offset = places.get(keyOf(path.slice(0, length)));
					if (offset !== undefined) return positionAt(offset);
				}
				return { line: 1, column: 1 };
			},
		},
	};
}

function startsOfLines(text: string): readonly number[] {
	const starts = [0];
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
	return starts;
}

function placeOf(offset: number, lineStarts: readonly number[]): TextPosition {
	let [line, after] = [0, lineStarts.length];
	while (after - line > 1) {
		const middle = (line + after) >> 1;
		if ((lineStarts[middle] ?? 0) <= offset) line = middle;
		else after = middle;
	}
	return { line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
}

function keyOf(path: readonly PropertyKey[]): string {
	return JSON.stringify(path.map(String));
}
