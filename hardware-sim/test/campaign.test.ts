import { expect, test } from "vitest";
import { runCampaign } from "../src/campaign/campaign.ts";

// The whole of it is a command: docs/guides/campaign.md. Here as much as a test may take.

test("a day with all faults and an attacker keep every promise, and the same seed is the same campaign", async () => {
	const options = { sales: 25, seed: 20, faults: ["all"] };
	const first = await runCampaign(options);
	expect(first.results.violation).toBeUndefined();
	expect(first).toMatchObject({ sales: 25, violations: 0 });
	expect(Object.keys(first.results.faults).length).toBeGreaterThan(3);
	expect(Object.keys(first.results.attacks).length).toBeGreaterThan(5);
	const [one, other] = [await runCampaign({ ...options, sales: 5 }), await runCampaign({ ...options, sales: 5 })];
	expect(one.hash).toBe(other.hash);
	expect(one.hash).not.toBe(first.hash);
});

test("another seed is another campaign", async () => {
	const [one, other] = [1, 2].map((seed) => runCampaign({ sales: 5, seed, faults: ["none"], attacks: 0 }));
	expect((await one)?.hash).not.toBe((await other)?.hash);
});

test("machines with slots and machines that make coffee sell and break as well, and keep every promise", async () => {
	const options = { seed: 20, faults: ["all"], machines: ["vending", "coffee"] as const };
	const { results, sales } = await runCampaign({ ...options, sales: 32 });
	expect(results.violation).toBeUndefined();
	expect(sales).toBe(32);
	expect(results.openings).toBeGreaterThan(10);
	expect(results.ends.captured).toBeGreaterThan(10);
});
