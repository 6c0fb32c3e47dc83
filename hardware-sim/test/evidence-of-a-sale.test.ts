import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";
import { ownerKey } from "./owner-key.ts";

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
	const authorization = `Bearer ${await ownerKey(open.cloud)}`;
	const ask = async (id = saleId) => {
		let answer: { status: number; body: unknown } | undefined;
		void Promise.resolve(open.cloud.app.request(`/api/v1/orders/${id}/evidence`, { headers: { authorization } }))
			.then(async (response) => ({ status: response.status, body: await response.json() }))
			.then((told) => {
				answer = told;
			});
		// Whoever asks is no part of the rooms that the clock waits for.
		for (let second = 0; answer === undefined && second < 60; second += 1) {
			await open.pass(1_000);
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
		return answer;
	};
	return { open, saleId, ask };
}

const answerSchema = z.object({
	status: z.literal(200),
	body: z.object({
		data: z.object({
			orderId: z.string(),
			sealedManifest: z.string(),
			parts: z.array(z.object({ name: z.string(), byteLength: z.int(), data: z.base64() })),
		}),
	}),
});

test("3.12 an owner gets what the Pi decided a sale from: the report, the decision, and every step of the scales", async () => {
	const { saleId, ask } = await soldTwo();
	const { data } = answerSchema.parse(await ask()).body;
	expect(data).toMatchObject({ orderId: saleId });
	const bytes = (name: string) => Buffer.from(data.parts.find((part) => part.name === name)?.data ?? "", "base64");
	expect(data.parts.map(({ name }) => name)).toEqual(["report.jws", "decision.json", "products.json", "weights.json"]);
	for (const { name, byteLength } of data.parts) expect(bytes(name)).toHaveLength(byteLength);
	const json = (name: string) => JSON.parse(bytes(name).toString());
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
	expect(await ask()).toMatchObject({ status: 503, body: { code: "machine_silent" } });
	expect(await ask("no-such-sale")).toMatchObject({ status: 404, body: { code: "order_unknown" } });
});
