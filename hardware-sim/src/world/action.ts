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
		| "fell";
	/** What it happened to: `sku`, `name`, `milligrams`, `shelf` or `slot`. Empty for door and bolt. */
	readonly fields: Readonly<Record<string, string | number>>;
}
