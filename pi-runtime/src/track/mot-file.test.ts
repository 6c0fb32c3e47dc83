import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMot, parseMot } from "./mot-file.ts";

test("a file of detections is read: commas or blanks, empty lines, either end of line", () => {
	expect(parseMot("1,-1,10,20,30,40,0.9,-1,-1,-1\r\n\r\n2 -1 11.5 20 30 40 0.8\n", "det.txt")).toEqual([
		{ frame: 1, id: -1, box: [10, 20, 40, 60], confidence: 0.9, classId: -1, visibility: -1 },
		{ frame: 2, id: -1, box: [11.5, 20, 41.5, 60], confidence: 0.8, classId: -1, visibility: -1 },
	]);
});

test("a file of the truth has class and visibility", () => {
	expect(parseMot("3, 4, 0, 0, 5, 5, 0, 8, 0.25", "gt.txt")).toEqual([
		{ frame: 3, id: 4, box: [0, 0, 5, 5], confidence: 0, classId: 8, visibility: 0.25 },
	]);
});

test("six fields are enough", () => {
	expect(parseMot("1,2,3,4,5,6", "short.txt")[0]).toMatchObject({ confidence: 1, classId: -1, visibility: -1 });
});

test.each([
	["0,1,0,0,5,5,1", "frame is 0; frames are whole numbers and count from 1"],
	["1.5,1,0,0,5,5,1", "frame is 1.5"],
	["1,x,0,0,5,5,1", 'id is "x", which is no number'],
	["1,0.5,0,0,5,5,1", "id is 0.5; ids are whole numbers"],
	["1,1,,0,5,5,1", 'left is "", which is no number'],
	["1,1,0,0,5", "5 fields, at least 6 are needed"],
	["1,1,0,0,0,5,1", "a box of 0 × 5 pixels"],
	["1,1,0,0,5,-2,1", "a box of 5 × -2 pixels"],
	["1,1,0,0,5,5,NaN", 'confidence is "NaN"'],
	["1,1,0,0,5,Infinity,1", 'height is "Infinity"'],
	["<html>", "1 fields"],
])("the line %j is refused with its number", (line, problem) => {
	expect(() => parseMot(`1,1,0,0,5,5,1\n\n${line}\n`, "gt.txt")).toThrow(`gt.txt:3: ${problem}`);
});

test("what is written is read again", () => {
	const pixels = fc.integer({ min: -100_000, max: 200_000 }).map((hundredths) => hundredths / 100);
	const size = fc.integer({ min: 1, max: 100_000 }).map((hundredths) => hundredths / 100);
	fc.assert(
		fc.property(
			fc.nat().map((n) => n + 1),
			fc.integer(),
			pixels,
			pixels,
			size,
			size,
			fc.integer({ min: 0, max: 10_000 }),
			(frame, id, x, y, w, h, score) => {
				const box = [x, y, x + w, y + h] as const;
				const [row] = parseMot(formatMot({ frame, id, box, confidence: score / 10_000 }), "result.txt");
				expect(row).toMatchObject({ frame, id, confidence: score / 10_000 });
				row?.box.forEach((value, index) => {
					expect(value).toBeCloseTo(box[index]!, 6);
				});
			},
		),
	);
});
