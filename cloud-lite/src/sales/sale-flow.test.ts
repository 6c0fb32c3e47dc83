import { afterEach, expect, test } from "vitest";
import { World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(options: Parameters<typeof World.create>[0] = {}): Promise<World> {
	world = await World.create(options);
	return world;
}

test("a shopper takes two things: the held money becomes their price", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola", "chips"] };
	const answer = await world.unlock("sale-1");
	expect(answer).toMatchObject({ status: 200, body: { status: "success", transaction_id: "sale-1" } });
	expect(answer.body.client_secret).toMatch(/^pi_.+_secret_/);
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({
		state: "captured",
		cause: null,
		heldCents: 500,
		capturedCents: 350,
		items: [
			{ sku: "chips", name: "Chips", quantity: 1, unitPriceCents: 150 },
			{ sku: "cola", name: "Cola", quantity: 1, unitPriceCents: 200 },
		],
	});
	expect(world.machine.openings).toBe(1);
	expect(world.machine.receipts).toMatchObject([{ outcome: "captured", totalCents: 350, currency: "usd" }]);
	expect(world.machine.acks).toMatchObject([{ saleId: "sale-1", outcome: "captured" }]);
	expect(world.received()).toBe(350);
	expect(await world.balance("cash_in_transit")).toBe(350);
	expect(await world.balance("revenue")).toBe(-350);
	expect(await world.balance("receivable")).toBe(0);
	expect(await world.balance("shopper_hold")).toBe(0);
	expect(world.events().filter((event) => event !== "webhook.received")).toEqual([
		"unlock.requested",
		"payment.held",
		"hello.requested",
		"unlock.sent",
		"unlock.executed",
		"door.opened",
		"door.closed",
		"report.received",
		"payment.captured",
		"receipt.sent",
	]);
});
