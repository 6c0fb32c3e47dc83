import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { LoneMachine, topicOf } from "../../test/lone-machine.ts";
import { xs } from "../../test/simulated-device.ts";
import type { DeviceEngine, EngineOptions } from "./engine.ts";
import { createNodeEngine } from "./node-engine.ts";
import { createXsEngine } from "./xs-engine.ts";

/** A sale of one cola: what the controller said, and a hash of all that it did. */
function runSale(createEngine: (options: EngineOptions) => DeviceEngine) {
	const hash = createHash("sha256");
	let count = 0;
	const lone = new LoneMachine((options) =>
		createEngine({
			...options,
			onOperation: ({ operation, a, b, bytes, result }) => {
				count++;
				hash.update(`${operation} ${a} ${b} ${Buffer.from(bytes ?? [])} ${result} ${lone.clock.now}\n`);
			},
		}),
	);
	const { machine, shopper, said } = lone;
	machine.powerUp();
	lone.run(3);
	lone.unlock("s1", 1);
	lone.run(6);
	const opened = shopper.open();
	lone.run(2);
	shopper.take("cola");
	lone.run(3);
	shopper.close();
	lone.run(15);
	machine.powerCut();
	return {
		opened,
		said,
		resets: machine.resets,
		statistics: machine.statistics,
		operations: { count, hash: hash.digest("hex") },
	};
}

const onNode = () => runSale(createNodeEngine);

test("a sale on the Node engine ends with the report of what is gone", () => {
	const { opened, said, resets } = onNode();
	expect(opened).toBe(true);
	expect(resets).toEqual([]);
	const report = said.find((message) => message.topic === topicOf.saleReport);
	expect(report?.body).toMatchObject({ saleId: "s1", opened: true, flags: [] });
});

test.skipIf(!xs.ok)("the controller's firmware does the same on XS, within the memory of an ESP32-S3", () => {
	if (!xs.ok) return;
	const host = xs;
	const began = performance.now();
	const sale = runSale((options) => createXsEngine({ ...options, host }));
	const seconds = (performance.now() - began) / 1_000;
	const reference = onNode();
	expect(sale.resets).toEqual([]);
	expect(sale.said).toEqual(reference.said);
	expect(sale.operations).toEqual(reference.operations);
	const { slotsPeak, slotsBudget, chunksPeak, chunksBudget, stackPeak, stackBudget, computrons } =
		sale.statistics as NonNullable<typeof sale.statistics>;
	console.log(
		`A sale on XS: slots ${slotsPeak} of ${slotsBudget}, chunks ${chunksPeak} of ${chunksBudget} bytes, stack ${stackPeak} of ${stackBudget} slots, ${computrons} computrons, ${sale.operations.count} host calls in ${seconds.toFixed(1)} s.`,
	);
	expect(slotsPeak).toBeLessThan(0.8 * slotsBudget);
	expect(chunksPeak).toBeLessThan(0.8 * chunksBudget);
	expect(stackPeak).toBeLessThan(0.9 * stackBudget);
});
