import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scenarioJsonSchema } from "../src/language/scenario-file.ts";

test("the JSON schema that editors read is that of the steps (`visionvend-sim schema > hardware-sim/scenarios/scenario.schema.json`)", () => {
	const file = new URL("../scenarios/scenario.schema.json", import.meta.url);
	expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});
