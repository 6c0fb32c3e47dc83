import { deriveKey, keyId } from "@visionvend/sdk/device/envelope/envelope";
import { expect, test } from "vitest";
import { Bench, fromController, machineId, topicOf } from "../test/bench.ts";

function readyBench(): Bench {
	const bench = new Bench();
	bench.powerUp();
	bench.run(4);
	return bench;
}

test("a sale: unlock, open, take, close, report with the weight that is gone", () => {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(bench.lock.released).toBe(true);
	expect(bench.board.net(16).level).toBe(1);
	bench.hall.setMagnet(false);
	bench.run(0.1);
	expect(bench.lock.energised).toBe(false);
	bench.load(0, 1_645_000);
	bench.run(5);
	bench.hall.setMagnet(true);
	bench.run(3);
	expect(bench.bodies(topicOf.command)).toEqual([{ saleId: "sale-1", counter: 1, result: "executed", reason: "" }]);
	expect(bench.bodies(topicOf.door)).toMatchObject([{ state: "opened" }, { state: "closed" }]);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(report).toMatchObject({ saleId: "sale-1", counter: 1, opened: true, flags: [] });
	console.log(JSON.stringify(report), bench.events());
});
