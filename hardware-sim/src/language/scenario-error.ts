import type { TextPosition } from "./json-position.ts";
import type { Complaint } from "./step-kind.ts";

export interface PlacedComplaint extends Complaint {
	/** In the file, where it was read from one. */
	readonly position?: TextPosition;
}

/** A scenario that cannot be played: everything that is wrong with it, each with its place. Nothing was run. */
export class ScenarioError extends Error {
	override readonly name = "ScenarioError";
	readonly source: string;
	readonly complaints: readonly PlacedComplaint[];

	/** @param source the file's or the scenario's name. */
	constructor(source: string, complaints: readonly PlacedComplaint[]) {
		super(complaints.map((complaint) => lineOf(source, complaint)).join("\n"));
		this.source = source;
		this.complaints = complaints;
	}
}

function lineOf(source: string, { path, message, position }: PlacedComplaint): string {
	const place = path.map((key, index) =>
		typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`,
	);
	const where = position === undefined ? source : `${source}:${position.line}:${position.column}`;
	return place.length === 0 ? `${where}: ${message}` : `${where}: ${place.join("")}: ${message}`;
}
