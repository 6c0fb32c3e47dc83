import type { Cloud } from "@visionvend/cloud-lite";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { controllerConfigurationSchema } from "@visionvend/sdk/protocol/messages";
import { expect, test } from "vitest";
import { piConfigurationSchema } from "../../pi-runtime/src/configuration.ts";
import { MemoryStage } from "../src/scenario/memory-stage.ts";
import { runScenario } from "../src/scenario/run-scenario.ts";
import { scenarios } from "../src/scenario/scenarios.ts";
import { machineId, type Shop, shopperId } from "../src/scenario/shop.ts";
import type { StageOptions } from "../src/scenario/stage.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";
import { ownerKey } from "./owner-key.ts";

/** Onboards through the API, with an API key, and lets the devices claim themselves by QR code. */
async function onboardThroughTheApi(cloud: Cloud, { products, holdCents }: StageOptions): Promise<Shop> {
	const key = await ownerKey(cloud);
	const post = async (path: string, body: object, headers: Record<string, string>) => {
		const response = await cloud.app.request(path, {
			method: "POST",
			headers: { "content-type": "application/json", ...headers },
			body: JSON.stringify(body),
		});
		expect(response.status).toBe(201);
		const { data } = JSON.parse(await response.text());
		return data;
	};
	const onboard = async (id: string) => {
		const { claim } = await post(
			"/api/v1/machines/onboard",
			{
				machine: { id, name: "Lobby", holdCents },
				network: { via: "pi", mqtt: { host: "broker.example" } },
				inventory: products,
			},
			{ "x-api-key": key },
		);
		const { files, mqtt } = await post("/api/v1/devices/register", { claim: claim.code }, {});
		const configuration = controllerConfigurationSchema.parse(files.controller);
		const own = {
			machineId: id,
			controllerKeys: configuration.keys,
			piKeys: piConfigurationSchema.parse(files.pi).keys,
		};
		return { own: { ...own, broker: mqtt }, configuration };
	};
	const { own, configuration } = await onboard(machineId);
	const foreign = (await onboard("fridge-2")).own;
	const foreignKey = decodeBase64url(foreign.controllerKeys.receive.key) ?? new Uint8Array();
	return {
		own,
		foreign,
		foreignKey: { kid: foreign.controllerKeys.receive.kid, key: foreignKey },
		token: await cloud.issueShopperToken(shopperId),
		configuration,
	};
}

test("4.35 4.37 4.38 a machine that was onboarded through the API and claimed by QR code sells, and is online", async () => {
	const scenario = scenarios.find(({ name }) => name === "take-two");
	if (!scenario) throw new Error("the scenario take-two is gone");
	const stage = await MemoryStage.open({
		seed: 1,
		products: demoCatalogue,
		holdCents: demoHoldCents,
		xsHost: undefined,
		register: onboardThroughTheApi,
	});
	try {
		expect((await runScenario(scenario, stage, "node")).failures).toEqual([]);
		await stage.pass(1_000);
		const rows = await stage.cloud.database.read("SELECT status FROM device WHERE id = 'fridge-1-controller'");
		expect(rows).toEqual([{ status: "online" }]);
	} finally {
		await stage.close();
	}
});
