/** A place in a JSON file that a person wrote. What is not there, or is of another kind, throws a TypeError that names the place. */
export class JsonNode {
	readonly value: unknown;
	/** `drivers/lock/wiring.json: pins.2.gpio`. */
	readonly place: string;

	constructor(value: unknown, place: string) {
		this.value = value;
		this.place = place;
	}

	static parse(text: string, file: string): JsonNode {
		try {
			return new JsonNode(JSON.parse(text), `${file}:`);
		} catch (error) {
			throw new TypeError(`${file} is no JSON: ${String(error)}`);
		}
	}

	get(name: string): JsonNode {
		const found = this.entries().find(([key]) => key === name);
		if (found === undefined) throw new TypeError(`${this.place} has no "${name}".`);
		return found[1];
	}

	/** The member, or `undefined` where there is none. */
	find(name: string): JsonNode | undefined {
		return this.entries().find(([key]) => key === name)?.[1];
	}

	entries(): [name: string, value: JsonNode][] {
		const { value } = this;
		if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.#notA("an object");
		return Object.entries(value).map(([name, member]) => [name, new JsonNode(member, this.#placeOf(name))]);
	}

	list(): JsonNode[] {
		if (!Array.isArray(this.value)) throw this.#notA("a list");
		return this.value.map((member, index) => new JsonNode(member, this.#placeOf(String(index))));
	}

	text(): string {
		if (typeof this.value !== "string") throw this.#notA("text");
		return this.value;
	}

	integer(): number {
		if (typeof this.value !== "number" || !Number.isInteger(this.value)) throw this.#notA("an integer");
		return this.value;
	}

	#placeOf(name: string): string {
		return this.place.endsWith(":") ? `${this.place} ${name}` : `${this.place}.${name}`;
	}

	#notA(kind: string): TypeError {
		return new TypeError(`${this.place} is not ${kind}, but ${JSON.stringify(this.value)}.`);
	}
}
