import { seal } from "@visionvend/sdk/device/envelope/envelope";
import type { SaleReportBody } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import { expect, test } from "vitest";
import { topicOf, UplinkBench } from "../../test/uplink-bench.ts";
import { MOST_SCALES_OVER_LTE, MOST_SLOTS_OVER_LTE } from "./uplink-problem.ts";

test("over the modem it starts it, connects, sends, and hears commands", () => {
	const bench = new UplinkBench();
	const uplink = bench.lte();
	bench.run(60);
	expect(bench.peers).toEqual([true]);
	expect(uplink.signalDbm).toBe(-73);
	uplink.send(bench.message("one"));
	uplink.send(bench.report("r1"));
	bench.say(topicOf.unlock, { saleId: "s1" });
	bench.run(5);
	expect(bench.heard.map(({ topic }) => topic)).toEqual([topicOf.door, topicOf.saleReport]);
	expect(bench.commands).toHaveLength(1);
	bench.acknowledge("r1");
	bench.run(5);
	expect(bench.delivered).toEqual(["one", "r1"]);
	expect(bench.modem?.unknownCommands).toEqual([]);
	uplink.close();
});

test("a broker that dies and comes back is found again", () => {
	const bench = new UplinkBench();
	const uplink = bench.lte();
	bench.run(60);
	bench.broker.kill();
	bench.run(5);
	uplink.send(bench.message("one"));
	bench.run(60);
	bench.broker.restart();
	bench.run(300);
	expect(bench.peers).toEqual([true, false, true]);
	expect(bench.delivered).toEqual(["one"]);
});

test("a message that the modem cannot carry is told and left, and the next one goes", () => {
	const bench = new UplinkBench();
	const uplink = bench.lte();
	bench.run(60);
	uplink.send(bench.message("long", { body: () => "x".repeat(1_000) }));
	uplink.send(bench.message("short"));
	bench.run(5);
	expect(bench.delivered).toEqual(["short"]);
	expect(bench.logs("uplink.failed")).toHaveLength(1);
	expect(bench.peers).toEqual([true]);
});

/** The longest texts and numbers that a report may have. */
function sealedReport(body: Pick<SaleReportBody, "shelves" | "dispensed">): number {
	const machineId = "m".repeat(63);
	const report: SaleReportBody = {
		saleId: "s".repeat(64),
		counter: 4_294_967_295,
		boot: 999_999,
		opened: true,
		doorOpenMs: 86_400_000,
		flags: ["ajar", "resumed", "unstable", "scale-fault"],
		...body,
	};
	const key = { kid: "controller-cloud.1", key: new Uint8Array(32) };
	const identity = { jti: "999999-report-999999", seq: 999_999 };
	const topic = topics(machineId).saleReport;
	return seal(key, { iss: `${machineId}/controller`, aud: "cloud", ...identity, topic, body: report }).length;
}

test("a report with the most scales, or the most slots, fits into one message of the modem", () => {
	const shelves = (length: number) =>
		Array.from({ length }, (_, shelf) => ({
			shelf,
			baselineMilligrams: -19_999_999,
			finalMilligrams: -19_999_999,
			spreadMilligrams: 999_999,
		}));
	const dispensed = (length: number) =>
		// A coffee machine names the bin, in up to 16 letters.
		Array.from({ length }, () => ({ slot: 15, outcome: "failed" as const, reason: `bin-empty:${"b".repeat(16)}` }));
	const most = [
		sealedReport({ shelves: shelves(MOST_SCALES_OVER_LTE), dispensed: [] }),
		sealedReport({ shelves: [], dispensed: dispensed(MOST_SLOTS_OVER_LTE) }),
	];
	const more = [
		sealedReport({ shelves: shelves(MOST_SCALES_OVER_LTE + 1), dispensed: [] }),
		sealedReport({ shelves: [], dispensed: dispensed(MOST_SLOTS_OVER_LTE + 1) }),
	];
	console.log(
		`Longest sealed reports: ${MOST_SCALES_OVER_LTE} scales ${most[0]} bytes, ${MOST_SLOTS_OVER_LTE} slots ${most[1]} bytes`,
	);
	for (const length of most) expect(length).toBeLessThanOrEqual(1_024);
	for (const length of more) expect(length).toBeGreaterThan(1_024);
});
