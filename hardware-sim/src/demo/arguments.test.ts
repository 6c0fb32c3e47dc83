import { expect, test } from "vitest";
import { scenarios } from "../scenario/scenarios.ts";
import { parseDemoArguments, UsageError } from "./arguments.ts";

test("the plain demo is take-two over real links", () => {
	expect(parseDemoArguments([])).toMatchObject({ scenario: "take-two", links: "real", json: false, seed: 1 });
});

test("asking for the list is no mistake", () => {
	expect(parseDemoArguments(["--scenario", "list"]).scenario).toBe("list");
});

test("--json runs in memory unless told otherwise", () => {
	expect(parseDemoArguments(["--json"]).links).toBe("memory");
	expect(parseDemoArguments(["--json", "--links", "real"]).links).toBe("real");
});

test("cameras watch on real links, and in memory where asked for", () => {
	expect(parseDemoArguments([]).cameras).toBe(true);
	expect(parseDemoArguments(["--no-cameras"]).cameras).toBe(false);
	expect(parseDemoArguments(["--json"]).cameras).toBe(false);
	expect(parseDemoArguments(["--json", "--cameras"])).toMatchObject({ cameras: true, links: "memory" });
});

test("an unknown scenario lists all of them", () => {
	try {
		parseDemoArguments(["--scenario", "help"]);
		expect.unreachable();
	} catch (error) {
		expect(error).toBeInstanceOf(UsageError);
		for (const { name } of scenarios) expect(String(error)).toContain(name);
	}
});

test.each([["--seed", "-1"], ["--seed", "1.5"], ["--engine", "v8"], ["--links", "carrier-pigeon"], ["--frobnicate"]])(
	"%s %s is refused with the usage",
	(...argv) => {
		expect(() => parseDemoArguments(argv.filter((word) => word !== undefined))).toThrow(/npm run demo --/);
	},
);

test("the names of the scenarios are unique", () => {
	expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
	expect(scenarios).toHaveLength(22);
});
