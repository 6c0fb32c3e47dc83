import type { Cloud } from "@visionvend/cloud-lite";
import { expect, test } from "vitest";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { machineId, registerShop } from "../src/scenario/shop.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";
import { ownerKey } from "./owner-key.ts";

/** A program of the owner's. */
async function ownerOf(cloud: Cloud) {
	const key = await ownerKey(cloud);
	return async (method: string, path: string, body?: object) => {
		const response = await cloud.app.request(path, {
			method,
			headers: { "x-api-key": key, ...(body && { "content-type": "application/json" }) },
			...(body && { body: JSON.stringify(body) }),
		});
		return JSON.parse(await response.text()).data;
	};
}

test("4.26 controller and Pi of a whole machine take new keys while nobody shops, and sell with them", async () => {
	const scenario = scenarios.find(({ name }) => name === "take-two");
	if (!scenario) throw new Error("the scenario take-two is gone");
	let ask: Awaited<ReturnType<typeof ownerOf>> | undefined;
	const stage = await MemoryStage.open({
		seed: 1,
		products: demoCatalogue,
		holdCents: demoHoldCents,
		xsHost: undefined,
		register: async (cloud, options) => {
			ask = await ownerOf(cloud);
			return registerShop(cloud, options);
		},
	});
	try {
		const path = `/api/v1/machines/${machineId}/key-rotations`;
		await stage.pass(20_000);
		const started = await ask?.("POST", path, {});
		expect(started).toMatchObject({ version: 2, state: "running" });
		await stage.pass(60_000);
		expect(await ask?.("GET", path)).toMatchObject([{ state: "taken" }]);
		const told = stage.events.map(({ room, event }) => `${room} ${event}`);
		expect(told).toContain("pi keys.taken");
		expect(told).toContain("controller configuration.kept");
		const from = stage.attacker.seen.length;
		expect((await runScenario(scenario, stage, "node")).failures).toEqual([]);
		const kids = stage.attacker.seen
			.slice(from)
			.map(({ payload }) => JSON.parse(Buffer.from(payload.split(".")[0] ?? "", "base64url").toString()).kid);
		expect(new Set(kids)).toEqual(new Set(["cloud-controller.2", "controller-cloud.2", "cloud-pi.2", "pi-cloud.2"]));
	} finally {
		await stage.close();
	}
});
