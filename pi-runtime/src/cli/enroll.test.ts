import { expect, test } from "vitest";
import { enroll } from "./enroll.ts";

test.each([
	[[], "say the product's label"],
	[["grape-soda"], "give 1 to 9 photographs; these are 0"],
	[["grape-soda", ..."0123456789"], "these are 10"],
	[["grape soda", "a.jpg"], '"grape soda" is no label'],
	[["hand", "a.jpg"], '"hand" is no label'],
	[["x", "a.jpg", "--loud"], "--loud"],
])("enroll %j is refused before anything is looked at", async (words, complaint) => {
	await expect(enroll(words)).rejects.toThrow(complaint);
});
