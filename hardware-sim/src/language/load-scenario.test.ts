import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadScenario, scenarioFiles } from "./load-scenario.ts";
import { ScenarioError } from "./scenario-error.ts";

const folder = mkdtempSync(join(tmpdir(), "visionvend-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

async function complaintOf(path: string): Promise<string> {
	const error: unknown = await loadScenario(path).catch((thrown: unknown) => thrown);
	if (!(error instanceof ScenarioError)) throw error;
	return error.message;
}

test("a module that throws while it is loaded is a mistake in it, with its line", async () => {
	const path = file("throws.mjs", '\nthrow new Error("no cabinet here");\n');
	expect(await complaintOf(path)).toBe(`${path}:2:7: This module cannot be loaded: no cabinet here`);
});

test("a module that is no JavaScript, or imports what is not there, is a mistake in it", async () => {
	expect(await complaintOf(file("syntax.mjs", "export default {{{"))).toContain("This module cannot be loaded: ");
	expect(await complaintOf(file("missing.mjs", 'import x from "./nowhere.mjs"; export default x;'))).toContain(
		"nowhere.mjs",
	);
});

test("a module without a scenario is told what to write", async () => {
	expect(await complaintOf(file("three.mjs", "export default 3;"))).toContain("Write: export default scenario(");
});

test("a folder without scenarios, a file of another kind and one that is far too large are mistakes", async () => {
	const empty = join(folder, "empty");
	mkdirSync(empty);
	await expect(scenarioFiles([empty])).rejects.toThrow("There is no scenario in this folder or below");
	await expect(scenarioFiles([file("notes.txt", "take one")])).rejects.toThrow("ends in .json, .ts or .js");
	await expect(scenarioFiles([file("large.json", " ".repeat(5_000_001))])).rejects.toThrow("at most 5000000");
});

test("five thousand mistakes in one file are all told", async () => {
	const steps = Array.from({ length: 5_000 }, () => ({ pas: "1s" }));
	const path = file("many.json", JSON.stringify({ name: "many", steps }, null, 1));
	expect((await complaintOf(path)).split("\n")).toHaveLength(5_000);
});
