import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudFeatures } from "./cloud-features.ts";

// `test("2.21 …`, `test.each(…)("4.8 4.10 …`: numbers at the beginning of a title.
const title = /\b(?:test|it)\b[^\n]*?\(\s*["'`]((?:\d\.\d{1,2} )+)|^\s*["'`]((?:\d\.\d{1,2} )+)[^\n]*["'`],?$/gm;

/** The test files that name each number, by number; paths from `top`, the repository's folder. */
export function testsByFeature(top: string): ReadonlyMap<string, readonly string[]> {
	const files = execFileSync("git", ["ls-files", "*.test.ts"], { cwd: top, encoding: "utf8" })
		.split("\n")
		.filter(Boolean);
	const found = new Map<string, Set<string>>();
	for (const file of files) {
		for (const [, first, second] of readFileSync(join(top, file), "utf8").matchAll(title)) {
			for (const number of (first ?? second ?? "").trim().split(" ")) {
				const names = found.get(number) ?? new Set();
				found.set(number, names.add(file));
			}
		}
	}
	return new Map([...found].map(([number, names]) => [number, [...names].sort()]));
}

/** `docs/features.md`, from the list of features and the titles of tests. */
export function featuresPage(tests: ReadonlyMap<string, readonly string[]>): string {
	const rows = cloudFeatures.map(({ number, text, elsewhere }) => {
		const files = tests.get(number) ?? [];
		const links = files.map((file) => `[${file.split("/").at(-1)?.replace(".test.ts", "")}](../${file})`);
		return `| ${number} | ${text} | ${links.join(", ") || (elsewhere ?? "**no test yet**")} |`;
	});
	return [
		"# What the cloud does, and the tests that hold it to that",
		"",
		"Written by `npm run features` from the titles of tests. Rows of deployment, pages and documentation need none,",
		"and so do parts of other designs that this one does without.",
		"",
		"| | what | tests |",
		"| --- | --- | --- |",
		...rows,
		"",
	].join("\n");
}
