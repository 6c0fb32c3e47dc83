import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { exitCodes } from "../src/cli/command.ts";
import { faults } from "../src/faults/catalogue.ts";
import { faultLayers } from "../src/faults/fault.ts";
import { expectations } from "../src/language/expectations.ts";
import { loadScenario } from "../src/language/load-scenario.ts";
import { playScenario } from "../src/language/play-scenario.ts";
import { scenarioOfText } from "../src/language/scenario-file.ts";
import { stepKinds } from "../src/language/steps.ts";

const top = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${top}docs/guides/scenarios.md`, "utf8");

test("every program on the page is the file that it names, which other tests run", () => {
	const blocks = [...page.matchAll(/^`([\w./-]+)`:\n\n```(?:json|ts)\n(.*?)```/gms)];
	expect(blocks.map(([, file]) => file)).toEqual([
		"hardware-sim/scenarios/fridge/take-one.json",
		"hardware-sim/scenarios/fridge/change-of-mind.ts",
		"hardware-sim/scenarios/fridge/update-that-fails.ts",
		"docs/examples/two-colas.json",
		"hardware-sim/scenarios/fridge/broken-display.ts",
	]);
	for (const [, file, text] of blocks) expect(text, file).toBe(readFileSync(`${top}${file}`, "utf8"));
});

test("every step, expectation, layer of faults and exit code is on the page", () => {
	for (const { name, schema } of stepKinds) expect(page).toContain(`| \`${name}\` | ${schema.meta()?.description} |`);
	for (const [name, { schema }] of Object.entries(expectations))
		expect(page).toContain(`| \`${name}\` | ${schema.meta()?.description} |`);
	for (const layer of faultLayers) {
		const names = faults.filter((fault) => fault.layer === layer).map(({ name }) => `\`${name}\``);
		expect(page).toContain(`| ${layer} | ${names.join(", ")} |`);
	}
	for (const [name, code] of Object.entries(exitCodes)) expect(page, name).toContain(`| ${code} | `);
});

test("the failing example fails as the page says, but for its figures", async () => {
	const file = `${top}docs/examples/two-colas.json`;
	const { failure } = await playScenario(await loadScenario(file));
	const plain = (text: string) => text.replaceAll(file, "docs/examples/two-colas.json").replaceAll(/\d+\.\d+/g, "#");
	const [, shown = ""] = /```text\n(step 5:.*?)```/s.exec(page) ?? [];
	expect(plain(failure).split("\n").slice(0, 5)).toEqual(plain(shown).split("\n").slice(0, 5));
	expect(failure.split("\n")).toHaveLength(25);
});

test("the first scenario that a newcomer writes goes well", async () => {
	const page = readFileSync(`${top}docs/start-here.md`, "utf8");
	const [, text = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
	expect(await playScenario(scenarioOfText(text, "mine.json", top))).toMatchObject({ ok: true, capturedCents: 200 });
});
