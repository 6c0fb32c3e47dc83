import { afterEach, expect, test } from "vitest";
import { World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(options: Parameters<typeof World.create>[0] = { kind: "vending" }): Promise<World> {
	world = await World.create(options);
	return world;
}

test("a vending machine holds the exact price of what was chosen, and takes it once it has fallen", async () => {
	const world = await open();
	expect(await world.post("/unlock", { id: "sale-1", slots: [0, 1, 0] })).toMatchObject({ status: 200 });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({
		state: "captured",
		heldCents: 550,
		capturedCents: 550,
		items: [
			{ sku: "chips", quantity: 1 },
			{ sku: "cola", quantity: 2 },
		],
	});
	expect(world.received()).toBe(550);
	expect(world.machine.openings).toBe(0);
});

test("what did not fall is not paid for", async () => {
	const world = await open();
	world.machine.slotFailures = { 1: "failed" };
	await world.post("/unlock", { id: "sale-1", slots: [0, 1] });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", heldCents: 350, capturedCents: 200 });
	expect(world.heldAtProvider()).toBe(0);
});

test("when nothing fell, all of the held money goes back", async () => {
	const world = await open();
	world.machine.slotFailures = { 0: "failed" };
	await world.post("/unlock", { id: "sale-1", slots: [0] });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "not_delivered", capturedCents: 0 });
	expect(world.received()).toBe(0);
	expect(world.machine.receipts).toMatchObject([{ outcome: "cancelled" }]);
});

test("a slot whose fate nobody knows is for people to look at", async () => {
	const world = await open();
	world.machine.slotFailures = { 0: "unknown" };
	await world.post("/unlock", { id: "sale-1", slots: [0] });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "delivery_unknown", capturedCents: 0 });
});

test("a machine without a Pi reports under its own seal, and is told that the report is stored", async () => {
	const world = await open({ kind: "coffee" });
	world.machine.hasPi = false;
	await world.post("/unlock", { id: "sale-1", slots: [1] });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 150 });
	expect(world.machine.acknowledgements).toEqual([expect.stringMatching(/^1-report-/)]);
});

test.each([
	["without slots", { id: "sale-1" }, 400, "slots_required"],
	["with an empty slot", { id: "sale-1", slots: [7] }, 404, "slot_unknown"],
])("a request %s is refused before any money is held", async (_what, body, status, code) => {
	const world = await open();
	expect(await world.post("/unlock", body)).toMatchObject({ status, body: { code } });
	expect(world.heldAtProvider()).toBe(0);
});

test("a fridge takes no slots", async () => {
	const world = await open({});
	expect(await world.post("/unlock", { id: "sale-1", slots: [0] })).toMatchObject({
		status: 400,
		body: { code: "slots_not_taken" },
	});
});

test("a sale's id that comes with other slots is taken, and nothing else is delivered", async () => {
	const world = await open();
	await world.post("/unlock", { id: "sale-1", slots: [0] });
	expect(await world.post("/unlock", { id: "sale-1", slots: [1] })).toMatchObject({
		status: 409,
		body: { code: "id_taken" },
	});
	expect(await world.post("/unlock", { id: "sale-1", slots: [0] })).toMatchObject({ status: 200 });
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
});

test("one id with other slots is another request", async () => {
	const world = await open();
	const token = { "idempotency-key": "tap-000000000001" };
	await world.post("/unlock", { slots: [0] }, token);
	expect(await world.post("/unlock", { slots: [1] }, token)).toMatchObject({
		status: 409,
		body: { code: "idempotency_key_reused" },
	});
});
