import type { Product } from "@visionvend/sdk/catalog/product";
import { deriveKey, type EnvelopeKey, partyName } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { openEnvelope, sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import { type PlanogramBody, planogramBodySchema, planogramParts } from "@visionvend/sdk/protocol/planogram";
import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";

let world: World | undefined;
afterEach(async () => {
	await world?.close();
	world = undefined;
});

const topic = topics(machineId);

/** The Pi of the world's machine, as far as planograms go. */
async function piOf(world: World) {
	const { piKeys } = world.provisioned;
	const key = ({ kid, key }: { kid: string; key: string }): EnvelopeKey => ({
		kid,
		key: Buffer.from(key, "base64url"),
	});
	const broker = world.broker.client(`${machineId}-pi`);
	const told: PlanogramBody[] = [];
	await broker.subscribe(topic.planogram, (on, token) => {
		const opened = openEnvelope(
			key(piKeys.receive),
			{ iss: "cloud", aud: partyName(machineId, "pi"), topic: on },
			token,
		);
		if (!opened.ok) throw new Error(opened.refusal);
		told.push(planogramBodySchema.parse(opened.claims.body));
	});
	let seq = 0;
	const say = async (version: number, sealedWith = key(piKeys.send)) => {
		seq += 1;
		const claims = { iss: partyName(machineId, "pi"), aud: "cloud", jti: `p${seq}`, seq, topic: topic.planogramStatus };
		await broker.publish(topic.planogramStatus, await sealEnvelope(sealedWith, { ...claims, body: { version } }));
		await world.quiet();
	};
	return { told, say };
}

async function open() {
	world = await World.create();
	const ask = await ownerOf(world);
	return { world, ask, pi: await piOf(world) };
}

test("a Pi that says what it has is told what it lacks, and nothing once it has it", async () => {
	const { world, ask, pi } = await open();
	await world.pass(60_000);
	expect(pi.told).toEqual([]);
	await pi.say(0);
	expect(pi.told).toMatchObject([{ version: 1, part: 0, parts: 1, products: [{ sku: "chips" }, { sku: "cola" }] }]);
	await pi.say(1);
	await world.pass(1_300_000);
	expect(pi.told).toHaveLength(1);
	const { body } = await ask("GET", `/api/v1/machines/${machineId}/status`);
	expect(body.data).toMatchObject({ planogramVersion: 1, piPlanogramVersion: 1 });
});

test("a changed price, mass or planogram reaches the Pi within seconds, and again until it says so", async () => {
	const { world, ask, pi } = await open();
	await pi.say(1);
	const { body } = await ask("GET", "/api/v1/products");
	const cola = body.data.find(({ sku }: { sku: string }) => sku === "cola");
	const patched = await ask(
		"PATCH",
		`/api/v1/products/${cola.id}`,
		{ priceCents: 250 },
		{ "if-match": `"${cola.version}"` },
	);
	expect(patched.status).toBe(200);
	await world.pass(10_000);
	expect(pi.told.at(-1)).toMatchObject({ version: 2, products: [{ sku: "chips" }, { sku: "cola", priceCents: 250 }] });
	await world.pass(590_000);
	expect(pi.told).toHaveLength(1);
	await world.pass(20_000);
	expect(pi.told.map(({ version }) => version)).toEqual([2, 2]);

	const draft = await ask("POST", "/api/v1/planograms", {
		machineId,
		slots: [{ position: "A1", sku: "cola", shelf: 1, priceCents: 300 }],
	});
	await ask("POST", `/api/v1/planograms/${draft.body.data.id}/apply`);
	await world.pass(10_000);
	expect(pi.told.at(-1)).toMatchObject({ version: 3, products: [{ sku: "cola", shelf: 1, priceCents: 300 }] });
	await pi.say(3);
	await world.pass(700_000);
	expect(pi.told).toHaveLength(3);
});

test("nothing is told while a shopper is at the machine; the sale keeps the price at unlock", async () => {
	const { world, ask, pi } = await open();
	await pi.say(1);
	world.machine.pause = true;
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	const { body } = await ask("GET", "/api/v1/products");
	const cola = body.data.find(({ sku }: { sku: string }) => sku === "cola");
	await ask("PATCH", `/api/v1/products/${cola.id}`, { priceCents: 250 }, { "if-match": `"${cola.version}"` });
	await world.pass(25_000);
	expect(pi.told).toEqual([]);
	await world.machine.finish();
	await world.pass(10_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(pi.told.map(({ version }) => version)).toEqual([2]);
});

test("a planogram that the Pi has and the cloud has lost is replaced by a newer one", async () => {
	const { pi } = await open();
	await pi.say(41);
	expect(pi.told.map(({ version }) => version)).toEqual([42]);
});

test("what nobody sealed for the cloud changes nothing", async () => {
	const { pi, world } = await open();
	await pi.say(0, deriveKey(new Uint8Array(32).fill(9), machineId, "pi-cloud.1"));
	await world.pass(60_000);
	expect(pi.told).toEqual([]);
	expect(world.log.find(({ event }) => event === "message.rejected")?.reason).toBe("bad-signature");
});

test("five hundred products go in parts that an envelope carries, each product once", () => {
	const products = Array.from(
		{ length: 500 },
		(_, index): Product => ({
			sku: `product-${index}`.padEnd(64, "x"),
			name: "ü".repeat(64),
			massMilligrams: 50_000_000,
			toleranceMilligrams: 10_000_000,
			priceCents: 100_000_000,
			shelf: 15,
		}),
	);
	const parts = planogramParts(7, products);
	expect(parts.flatMap((part) => part.products)).toEqual(products);
	for (const [index, part] of parts.entries()) {
		expect(planogramBodySchema.parse(part)).toMatchObject({ part: index, parts: parts.length });
		expect(JSON.stringify(part).length).toBeLessThan(9_000);
	}
});
