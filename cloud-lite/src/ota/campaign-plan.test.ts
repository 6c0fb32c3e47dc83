import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assignRings, campaignPlanSchema, decideStep, type Progress, type Target } from "./campaign-plan.ts";

const plan = (changes: object = {}) => campaignPlanSchema.parse({ parts: { controller: "a" }, ...changes });
const hourMs = 3_600_000;

/** What becomes of a machine: it reports after so long that it works, or does not, or never says a word. */
type Fate = { readonly afterMs: number; readonly ends: "done" | "failed" } | "silent";

/** Plays a campaign to its end on a clock of its own. */
function play(options: {
	readonly machines: number;
	readonly changes?: object;
	readonly fate: (machineId: string) => Fate;
}) {
	const campaign = plan(options.changes);
	const ids = Array.from({ length: options.machines }, (_, index) => `m-${index}`);
	const rings = assignRings("c", ids, campaign.rings);
	let targets: Target[] = ids.map((machineId) => ({
		machineId,
		ring: rings.get(machineId) ?? 0,
		state: "waiting",
		offeredAtMs: null,
	}));
	let progress: Progress = { campaignId: "c", ring: 0, ringOpenedAtMs: 0, ringEndedAtMs: null };
	let nowMs = 0;
	const offeredAt: { machineId: string; ring: number; atMs: number }[] = [];
	for (let rounds = 0; rounds < 100_000; rounds += 1) {
		targets = targets.map((target) => {
			const fate = options.fate(target.machineId);
			if (target.state !== "offered" || fate === "silent" || nowMs < (target.offeredAtMs ?? 0) + fate.afterMs)
				return target;
			return { ...target, state: fate.ends };
		});
		const step = decideStep(campaign, progress, targets, nowMs);
		progress = step.progress;
		targets = targets.map((target) => {
			if (step.overdue.includes(target.machineId)) return { ...target, state: "failed" };
			if (!step.offer.includes(target.machineId)) return target;
			offeredAt.push({ machineId: target.machineId, ring: target.ring, atMs: nowMs });
			return { ...target, state: "offered", offeredAtMs: nowMs };
		});
		if (step.end) return { ...step.end, ring: progress.ring, targets, offeredAt, endedAtMs: nowMs };
		if (step.nextAtMs === undefined || step.nextAtMs <= nowMs) throw new Error("the campaign stands still");
		nowMs = step.nextAtMs;
	}
	throw new Error("the campaign does not end");
}

test("4.36 a sound update reaches every machine, ring by ring, with a soak between", () => {
	const { state, offeredAt, targets } = play({ machines: 200, fate: () => ({ afterMs: 600_000, ends: "done" }) });
	expect(state).toBe("done");
	expect(targets.every((target) => target.state === "done")).toBe(true);
	expect([0, 1, 2, 3].map((ring) => targets.filter((target) => target.ring === ring).length)).toEqual([2, 18, 80, 100]);
	for (const ring of [1, 2, 3]) {
		const before = Math.max(...offeredAt.filter((one) => one.ring === ring - 1).map(({ atMs }) => atMs));
		const first = Math.min(...offeredAt.filter((one) => one.ring === ring).map(({ atMs }) => atMs));
		expect(first - before).toBeGreaterThanOrEqual(24 * hourMs + 600_000);
	}
});

test("4.36 of 10,000 machines, an update that breaks 3 % of them stops in the first ring", () => {
	const broken = (machineId: string) => Number(machineId.slice(2)) % 33 === 0;
	const { state, ring, offeredAt, reason } = play({
		machines: 10_000,
		fate: (machineId) => (broken(machineId) ? "silent" : { afterMs: 300_000, ends: "done" }),
	});
	expect([state, ring]).toEqual(["stopped", 0]);
	expect(offeredAt.length).toBeLessThanOrEqual(100);
	expect(reason).toMatch(/^\d+ of 100 machines of ring 1 failed$/);
});

test("4.36 no report is a failure, and so is a report of one", () => {
	for (const fate of ["silent", { afterMs: 60_000, ends: "failed" }] as const) {
		const { state, targets, endedAtMs } = play({ machines: 4, fate: () => fate });
		expect(state).toBe("stopped");
		expect(targets.filter((target) => target.state === "failed")).toHaveLength(1);
		if (fate === "silent") expect(endedAtMs).toBeGreaterThanOrEqual(2 * hourMs);
	}
});

test("3.5 4.36 machines begin spread over the jitter, and only within the window, over midnight too", () => {
	const changes = { jitterMinutes: 120, rings: [1], window: { fromMinute: 23 * 60, toMinute: 60 } };
	const { offeredAt } = play({ machines: 300, changes, fate: () => ({ afterMs: 60_000, ends: "done" }) });
	const minutes = offeredAt.map(({ atMs }) => Math.floor(atMs / 60_000) % 1_440);
	expect(minutes.every((minute) => minute >= 1_380 || minute < 60)).toBe(true);
	const spread = play({
		machines: 300,
		changes: { jitterMinutes: 60, rings: [1] },
		fate: () => ({ afterMs: 1, ends: "done" }),
	});
	const quarter = spread.offeredAt.filter(({ atMs }) => atMs < 900_000).length;
	expect(quarter).toBeGreaterThan(50);
	expect(quarter).toBeLessThan(100);
});

test("4.36 whatever machines do, a campaign ends: done with every machine heard, or stopped past its limit and not before", () => {
	const fates = fc.array(
		fc.constantFrom<Fate>("silent", { afterMs: 5, ends: "done" }, { afterMs: 9, ends: "failed" }),
		{
			minLength: 1,
			maxLength: 40,
		},
	);
	const stopAt = fc.record({ failures: fc.integer({ min: 1, max: 5 }), share: fc.constantFrom(0, 0.02, 0.5, 1) });
	fc.assert(
		fc.property(fates, stopAt, (drawn, limit) => {
			const changes = { stopAt: limit, soakMinutes: 10 };
			const end = play({ machines: drawn.length, changes, fate: (id) => drawn[Number(id.slice(2))] ?? "silent" });
			const inRing = end.targets.filter(({ ring }) => ring === end.ring);
			const failed = inRing.filter((target) => target.state === "failed").length;
			const past = failed >= limit.failures || (failed > 0 && failed / inRing.length > limit.share);
			expect(end.state === "stopped").toBe(past);
			if (end.state === "done") expect(end.targets.every(({ state }) => ["done", "failed"].includes(state))).toBe(true);
			expect(end.targets.filter(({ ring, state }) => ring > end.ring && state !== "waiting")).toEqual([]);
		}),
		{ seed: 3, numRuns: 100 },
	);
});

test("4.36 every ring has a machine as long as there are any, and the lot is the same each time", () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 500 }), (machines) => {
			const ids = Array.from({ length: machines }, (_, index) => `m-${index}`);
			const rings = assignRings("c", ids, [0.01, 0.1, 0.5, 1]);
			expect(rings).toEqual(assignRings("c", [...ids].reverse(), [0.01, 0.1, 0.5, 1]));
			expect([...rings.values()].filter((ring) => ring === 0).length).toBe(Math.ceil(machines / 100));
		}),
		{ seed: 4, numRuns: 20 },
	);
});

test("4.36 the example of the guide is a plan", () => {
	const example = readFileSync(new URL("../../../docs/examples/campaign.json", import.meta.url), "utf8");
	expect(campaignPlanSchema.parse(JSON.parse(example).plan)).toMatchObject({
		soakMinutes: 1_440,
		deadlineMinutes: 120,
	});
});
