import { afterEach, expect, test } from "vitest";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";

let stage: MemoryStage | undefined;
afterEach(() => stage?.close());

/** A sale of two things, and a way to ask the cloud for its evidence while the clock goes on. */
async function soldTwo() {
	const scenario = scenarios.find(({ name }) => name === "take-two");
	if (!scenario) throw new Error("nothing to run");
	const open = await MemoryStage.open({
		seed: 1,
		products: demoCatalogue,
		holdCents: demoHoldCents,
		xsHost: undefined,
		keepsEvidence: true,
	});
	stage = open;
	expect((await runScenario(scenario, open, "node")).failures).toEqual([]);
	const saleId = String(open.events.find(({ event }) => event === "basket.decided")?.saleId);
	const ask = async (id = saleId) => {
		let outcome: Awaited<ReturnType<typeof open.cloud.evidence>> | Error | undefined;
		open.cloud.evidence(id).then(
			(evidence) => {
				outcome = evidence;
			},
			(error: Error) => {
				outcome = error;
			},
		);
		// Whoever asks is no part of the rooms that the clock waits for.
		for (let second = 0; outcome === undefined && second < 60; second += 1) {
			await open.pass(1_000);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		return outcome;
	};
	return { open, saleId, ask };
}

test("3.12 the cloud fetches what the Pi decided a sale from: the report, the decision, and every step of the scales", async () => {
	const { saleId, ask } = await soldTwo();
	const evidence = await ask();
	if (evidence === undefined || evidence instanceof Error) throw evidence ?? new Error("nothing");
	expect(evidence.manifest).toMatchObject({ saleId, machineId: "fridge-1" });
	const json = (name: string) => JSON.parse(Buffer.from(evidence.parts.get(name) ?? []).toString());
	expect(json("decision.json").decision.kind).toBe("settle");
	const stable = (json("weights.json") as { shelf: number; milligrams: number; stable: boolean }[]).filter(
		(point) => point.stable,
	);
	const levels = [0, 1, 2, 3].map((shelf) =>
		stable.filter((point) => point.shelf === shelf).map((point) => point.milligrams),
	);
	const moved = levels.find((own) => own.length > 1) ?? [];
	expect((moved[0] ?? 0) - (moved.at(-1) ?? 0)).toBeGreaterThan(50_000);
});

test("a machine that is away, and a sale that nobody knows, are told as such", async () => {
	const { open, ask } = await soldTwo();
	await open.kill("pi");
	expect(await ask()).toMatchObject({ message: expect.stringContaining("does not answer") });
	expect(await ask("no-such-sale")).toMatchObject({ message: expect.stringContaining("No report of sale") });
});
