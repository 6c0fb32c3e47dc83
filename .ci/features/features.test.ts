import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { top } from "../source-files.ts";
import { cloudFeatures } from "./cloud-features.ts";
import { featuresPage, testsByFeature } from "./feature-tests.ts";

const tests = testsByFeature(top);

test("docs/features.md is what the titles of tests say (renew: npm run features)", () => {
	expect(readFileSync(join(top, "docs/features.md"), "utf8")).toBe(featuresPage(tests));
});

test("every feature of the cloud has a test whose title begins with its number", () => {
	const waiting = cloudFeatures
		.filter(({ number, elsewhere }) => elsewhere === undefined && !tests.has(number))
		.map(({ number }) => number);
	expect(waiting).toEqual([]);
});

test("no number is in the list twice", () => {
	const numbers = cloudFeatures.map(({ number }) => number);
	expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
});
