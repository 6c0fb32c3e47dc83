/** Something that happened in the world. */
export interface Action {
	/** Simulation time, nanoseconds. */
	readonly atNs: number;
	readonly event:
		| "door opened"
		| "door forced"
		| "door closed"
		| "bolt back"
		| "bolt out"
		| "took"
		| "put back"
		| "placed"
		| "removed";
	/** What it happened to: `sku`, `name`, `milligrams`, `shelf`. Empty for door and bolt. */
	readonly fields: Readonly<Record<string, string | number>>;
}

/** One line for people: `took Cola 330 ml (354.2 g) from shelf 0`. */
export function describeAction(action: Action): string {
	const { name, milligrams, shelf } = action.fields;
	if (name === undefined) return action.event;
	const grams = typeof milligrams === "number" ? ` (${(milligrams / 1_000).toFixed(1)} g)` : "";
	const place = action.event === "took" || action.event === "removed" ? "from" : "on";
	return `${action.event} ${name}${grams} ${place} shelf ${shelf}`;
}
