/** One step of the schema. A released migration is never edited; the next change is the next number. */
export interface Migration {
	/** Counts up from 1 without a gap. */
	readonly version: number;
	readonly name: string;
	readonly statements: readonly string[];
}
