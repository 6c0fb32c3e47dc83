import { messages } from "@visionvend/drivers/strings";
import { expect, test } from "vitest";
import { shorten, wrap } from "./screen-text.ts";

test("a phrase breaks at its spaces, and fills every line as far as it can", () => {
	expect(wrap("Please close the door", 10)).toEqual(["Please", "close the", "door"]);
	expect(wrap("Tap", 10)).toEqual(["Tap"]);
	expect(wrap("a bb ccc", 4)).toEqual(["a bb", "ccc"]);
	expect(wrap("unbreakable word", 4)).toEqual(["unbreakable", "word"]);
});

test("what is too long ends with an ellipsis and never with a space before it", () => {
	expect(shorten("twelve chars", 12)).toBe("twelve chars");
	expect(shorten("twelve chars.", 12)).toBe("twelve char…");
	expect(shorten("twelve chars.", 8)).toBe("twelve…");
});

test("every phrase fits the screen in large letters: three lines of ten", () => {
	const { en, es } = messages;
	for (const phrase of [...Object.values(en), ...Object.values(es)]) {
		const lines = wrap(phrase, 10);
		expect(lines.length, phrase).toBeLessThanOrEqual(3);
		for (const line of lines) expect(line.length, phrase).toBeLessThanOrEqual(10);
	}
});
