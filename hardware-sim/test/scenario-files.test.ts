import { fileURLToPath } from "node:url";
import { scenarioFiles } from "../src/language/load-scenario.ts";
import { scenarioTest } from "../src/language/scenario-test.ts";

const folder = fileURLToPath(new URL("../scenarios", import.meta.url));
for (const file of await scenarioFiles([folder])) scenarioTest(file);
