import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { loadScenario, scenarioFiles } from "../src/language/load-scenario.ts";
import { playScenario } from "../src/language/play-scenario.ts";
import { scenarioTest } from "../src/language/scenario-test.ts";
import { buildXsHost } from "../src/xs/build.ts";

const xs = buildXsHost();
if (!xs.ok) process.stdout.write(`The scenario files run in Node only: ${xs.reason}\n`);

/** Longer stories are played in Node alone: what they wait for is a thermometer, again and again. */
const longestOnXsMs = 200_000;

const folder = fileURLToPath(new URL("../scenarios", import.meta.url));
for (const file of await scenarioFiles([folder])) {
	scenarioTest(file, {}, async (onNode) => {
		if (!xs.ok || onNode.virtualMs > longestOnXsMs) return;
		const onXs = await playScenario(await loadScenario(file), { xsHost: xs });
		expect(onXs.failure).toBe("");
		expect(onXs.traceSha256, "XS does what Node does").toBe(onNode.traceSha256);
		expect((onXs.slotsPeak ?? Number.NaN) / (onXs.slotsBudget ?? Number.NaN)).toBeLessThanOrEqual(0.8);
		expect((onXs.chunksPeak ?? Number.NaN) / (onXs.chunksBudget ?? Number.NaN)).toBeLessThanOrEqual(0.8);
	});
}
