import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { scenarios } from "../hardware-sim/src/scenario/scenarios.ts";
import { sourceFiles, top } from "./source-files.ts";

const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: top, encoding: "utf8" }).split("\n").filter(Boolean);

/** What a page links to inside the repository, as paths from its top. */
function targetsOf(page: string): string[] {
	return [...readFileSync(join(top, page), "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)].map((match) =>
		normalize(join(dirname(page), match[1] ?? "")),
	);
}

test("every link to a file of the repository leads somewhere", () => {
	const dead = pages.flatMap((page) =>
		targetsOf(page)
			.filter((target) => !existsSync(join(top, target)))
			.map((target) => `${page}: ${target}`),
	);
	expect(pages.length).toBeGreaterThan(10);
	expect(dead).toEqual([]);
});

test("a reader of the README can reach every page by links", () => {
	const reached = new Set(["README.md"]);
	for (const page of reached) {
		for (const target of targetsOf(page))
			if (target.endsWith(".md") && existsSync(join(top, target))) reached.add(target);
	}
	expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

test("every test that a page names by its path exists", () => {
	const named = pages.flatMap((page) =>
		[...readFileSync(join(top, page), "utf8").matchAll(/`([\w./-]+\/[\w.-]+\.test\.ts)`/g)].map((match) => ({
			page,
			file: match[1] ?? "",
		})),
	);
	expect(named.length).toBeGreaterThan(10);
	expect(
		named.filter(({ page, file }) => !existsSync(join(top, file)) && !existsSync(join(top, dirname(page), file))),
	).toEqual([]);
});

test("every scenario that a page tells the reader to run exists", () => {
	const names = new Set([...scenarios.map(({ name }) => name), "list"]);
	const told = pages.flatMap((page) =>
		[...readFileSync(join(top, page), "utf8").matchAll(/--scenario ([a-z][a-z-]*)/g)].map((match) => match[1] ?? ""),
	);
	expect(told.length).toBeGreaterThan(3);
	expect(told.filter((name) => !names.has(name))).toEqual([]);
});

test("the map of all pages has every page but those of single parts", () => {
	const shown = new Set(targetsOf("docs/README.md"));
	const missing = pages.filter(
		(page) =>
			!/^drivers\/[^/]+\/README\.md$|^README\.md$|^CHANGELOG\.md$|^docs\/README\.md$/.test(page) && !shown.has(page),
	);
	expect(missing).toEqual([]);
});

/** Pages whose code is taken from files that tests run. */
const taken = [
	{ page: "docs/guides/write-a-driver.md", pieces: 4 },
	{ page: "docs/guides/write-a-chip.md", pieces: 4 },
	{ page: "docs/guides/api.md", pieces: 1 },
];

test.each(taken)("every piece of TypeScript in $page is in a file that a test runs", ({ page, pieces: least }) => {
	const examples = join(top, "docs/examples/cloud/api.ts");
	const sources = [...sourceFiles(), examples].map((file) => readFileSync(file, "utf8"));
	const pieces = [...readFileSync(join(top, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
	expect(pieces.length).toBeGreaterThanOrEqual(least);
	const strange = pieces
		.map(([, piece = ""]) => piece)
		.filter((piece) => !sources.some((text) => text.includes(piece)));
	expect(strange).toEqual([]);
});
