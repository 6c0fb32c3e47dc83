import { readFileSync } from "node:fs";
import { errorText } from "../error-text.ts";
import { MotFileError, type MotRow, parseMot } from "../track/mot-file.ts";
import { UsageError } from "./usage-error.ts";

/** Reads a MOTChallenge file. Throws a `UsageError` that names file and line. */
export function readMotFile(path: string): MotRow[] {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError(`"${path}" cannot be read: ${errorText(error)}`, { cause: error });
	}
	try {
		return parseMot(text, path);
	} catch (error) {
		if (error instanceof MotFileError) throw new UsageError(error.message, { cause: error });
		throw error;
	}
}
