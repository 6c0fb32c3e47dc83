import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { builtPath, mutate } from "./mutant.ts";
import { mutants } from "./mutants.ts";

const top = fileURLToPath(new URL("../../../../", import.meta.url)).replace(/\/$/, "");

test("there are at least thirty planted bugs, each with a name of its own", () => {
	expect(mutants.length).toBeGreaterThanOrEqual(30);
	expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))("%s finds its place", (_name, mutant) => {
	const file = `${top}${builtPath(mutant)}`;
	expect(existsSync(file), `${file} is built`).toBe(true);
	const source = readFileSync(file, "utf8");
	expect(mutate(source, mutant)).not.toBe(source);
});

test("a bug whose place is gone is refused", () => {
	const mutant = { name: "gone", story: "", file: "sdk/a", find: "x", replace: "y" };
	expect(() => mutate("a b", mutant)).toThrow(/"gone" looks for a text that stands in sdk\/a 0 times/);
	expect(() => mutate("x x", mutant)).toThrow(/2 times/);
});
