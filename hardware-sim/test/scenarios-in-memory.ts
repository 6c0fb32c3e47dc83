import { expect, test } from "vitest";
import { playInMemory } from "../src/scenario/play-in-memory.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { buildXsHost } from "../src/xs/build.ts";

const xs = buildXsHost();
if (!xs.ok) process.stdout.write(`The scenarios run in Node only: ${xs.reason}\n`);

/** Plays the scenarios with an even or odd place in the list, so that two workers share the work. */
export function testEveryOtherScenario(first: 0 | 1): void {
	for (const scenario of scenarios.filter((_scenario, index) => index % 2 === first)) {
		test(`${scenario.name} ends ${scenario.result}, twice with the same trace`, async () => {
			const once = await playInMemory(scenario.name, { seed: 1 });
			const again = await playInMemory(scenario.name, { seed: 1 });
			expect(once.failures).toEqual([]);
			expect(again).toEqual(once);
		});

		test.skipIf(!xs.ok)(`${scenario.name} on XS has the trace of Node, within 80 % of the memory`, async () => {
			if (!xs.ok) return;
			const onNode = await playInMemory(scenario.name, { seed: 2 });
			const onXs = await playInMemory(scenario.name, { seed: 2, xsHost: xs });
			expect(onXs.failures).toEqual([]);
			expect(onXs.traceSha256).toBe(onNode.traceSha256);
			expect(onXs.engine).toBe("xs");
			expect((onXs.slotsPeak ?? Number.NaN) / (onXs.slotsBudget ?? Number.NaN)).toBeLessThanOrEqual(0.8);
			expect((onXs.chunksPeak ?? Number.NaN) / (onXs.chunksBudget ?? Number.NaN)).toBeLessThanOrEqual(0.8);
		});
	}
}
