import type { Box } from "./box.ts";

/**
 * One line of a MOTChallenge file (Milan et al. 2016, §3.3): of detections, of results or of the truth.
 * https://motchallenge.net/instructions/
 */
export interface MotRow {
	/** From 1. */
	readonly frame: number;
	/** Of the track; -1 in a file of detections. */
	readonly id: number;
	readonly box: Box;
	/** Score of a detection; in the truth 0 for a row that does not count. */
	readonly confidence: number;
	/** Only in the truth: 1 is what counts. -1 where the file names none. */
	readonly classId: number;
	/** Only in the truth: 0 to 1; -1 where the file names none. */
	readonly visibility: number;
}

/** A line that cannot be read; the message says where and why. */
export class MotFileError extends Error {
	override readonly name = "MotFileError";
}

const fields = ["frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility"] as const;

/**
 * Rows of a file, in its order. Fields stand between commas or blanks; empty lines are passed over. `name` is that of the file, for the
 * message of the `MotFileError` that a wrong line throws.
 */
export function parseMot(text: string, name: string): MotRow[] {
	return text
		.split(/\r?\n/)
		.flatMap((line, index) => (line.trim() === "" ? [] : [parseRow(line.trim(), `${name}:${index + 1}`)]));
}

function parseRow(line: string, where: string): MotRow {
	const words = line.split(line.includes(",") ? /\s*,\s*/ : /\s+/);
	if (words.length < 6) {
		throw new MotFileError(
			`${where}: ${words.length} fields, at least 6 are needed: frame, id, left, top, width, height[, confidence, class, visibility].`,
		);
	}
	const numbers = fields.map((field, index) => {
		const word = words[index];
		if (word === undefined || (index > 6 && word === "")) return undefined;
		const number = word === "" ? Number.NaN : Number(word);
		if (!Number.isFinite(number)) throw new MotFileError(`${where}: ${field} is "${word}", which is no number.`);
		return number;
	});
	const [frame = 0, id = -1, left = 0, top = 0, width = 0, height = 0, confidence = 1, classId = -1, visibility = -1] =
		numbers;
	if (!Number.isInteger(frame) || frame < 1) {
		throw new MotFileError(`${where}: frame is ${words[0]}; frames are whole numbers and count from 1.`);
	}
	if (!Number.isInteger(id)) throw new MotFileError(`${where}: id is ${words[1]}; ids are whole numbers.`);
	if (width <= 0 || height <= 0) {
		throw new MotFileError(`${where}: a box of ${words[4]} × ${words[5]} pixels; width and height must be above 0.`);
	}
	return { frame, id, box: [left, top, left + width, top + height], confidence, classId, visibility };
}

/** Rows by their frame. */
export function byFrame(rows: readonly MotRow[]): ReadonlyMap<number, readonly MotRow[]> {
	const frames = new Map<number, MotRow[]>();
	for (const row of rows) {
		const there = frames.get(row.frame);
		if (there === undefined) frames.set(row.frame, [row]);
		else there.push(row);
	}
	return frames;
}

/** One line of a result, without its end: `frame,id,left,top,width,height,confidence,-1,-1,-1`. */
export function formatMot({
	frame,
	id,
	box: [x1, y1, x2, y2],
	confidence,
}: Omit<MotRow, "classId" | "visibility">): string {
	const numbers = [x1, y1, x2 - x1, y2 - y1].map((pixels) => String(Math.round(pixels * 100) / 100));
	return [frame, id, ...numbers, String(Math.round(confidence * 10_000) / 10_000), -1, -1, -1].join(",");
}
