import { afterEach, expect, test } from "vitest";
import { World } from "../../test/world.ts";

let world: World;
afterEach(() => world.close());

const dayMs = 86_400_000;

/** A sale of two colas, 400 cents, over a hold of 370. */
async function basketAboveTheHold(options: { card?: string; features?: Partial<World["stripe"]["features"]> } = {}) {
	world = await World.create({ holdCents: 370, ...(options.card ? { card: options.card } : {}) });
	Object.assign(world.stripe.features, options.features);
	world.machine.behaviour = { take: ["cola", "cola"] };
}

async function payments() {
	const rows = await world.cloud.database.read(
		"SELECT kind, sequence, state, amount_cents FROM payment_operation ORDER BY created_at_ms, rowid",
	);
	return rows.map(({ kind, sequence, state, amount_cents }) => [kind, sequence, state, amount_cents]);
}

async function ledgerIsSound() {
	const rows = await world.cloud.ledgerRows();
	expect(rows.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(0);
	expect(await world.balance("receivable")).toBe(0);
	expect(await world.balance("shopper_hold")).toBe(0);
	const net = world.stripe.balanceTransactions().reduce((sum, { amount }) => sum + amount, 0);
	// Of the nights that passed the books know the provider's fees, too.
	const fees = rows.filter(({ journal, account }) => journal.startsWith("fee") && account === "cash_in_transit");
	const booked = fees.reduce((sum, { amountCents }) => sum + amountCents, 0);
	expect(await world.balance("cash_in_transit")).toBe(net + booked);
}

test("a basket above the hold first makes the hold larger, where the card's network lets it grow", async () => {
	await basketAboveTheHold({ features: { incrementalAuthorization: true, overcapture: true } });
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400, heldCents: 400 });
	expect(await payments()).toEqual([
		["auth", 1, "succeeded", 370],
		["increment", 1, "succeeded", 400],
		["capture", 1, "succeeded", 400],
	]);
	await ledgerIsSound();
});

test("a hold that the bank does not let grow is captured above its amount, as far as the network allows", async () => {
	await basketAboveTheHold({ features: { incrementalAuthorization: true, overcapture: true } });
	world.stripe.faults.declineIncrement = () => true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400, heldCents: 370 });
	expect(await payments()).toEqual([
		["auth", 1, "succeeded", 370],
		["increment", 1, "failed", 400],
		["capture", 1, "succeeded", 400],
	]);
	await ledgerIsSound();
});

test("without either, the hold is captured and the rest becomes a second payment", async () => {
	await basketAboveTheHold();
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400, heldCents: 370 });
	expect(await payments()).toEqual([
		["auth", 1, "succeeded", 370],
		["capture", 1, "succeeded", 350],
		["second", 1, "succeeded", 50],
	]);
	await ledgerIsSound();
});

test("an increment whose answer is lost is looked for before it is asked for again", async () => {
	await basketAboveTheHold({ features: { incrementalAuthorization: true } });
	let losses = 0;
	world.stripe.faults.dropResponse = (_method, path) => path.endsWith("increment_authorization") && losses++ === 0;
	await world.unlock("sale-1");
	await world.pass(5_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400 });
	expect(world.stripe.paymentIntents()).toHaveLength(1);
	await ledgerIsSound();
});

test("a declined rest is a debt, which is tried again after a day with the card that is saved then", async () => {
	await basketAboveTheHold({ card: "pm_card_visa" });
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	world.stripe.faults.declineOffSession = () => true;
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "underpaid", capturedCents: 350 });
	expect(await world.balance("shopper_debt")).toBe(50);
	expect((await world.unlock("sale-2")).status).toBe(402);
	world.stripe.faults.declineOffSession = undefined;
	await world.pass(dayMs);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400 });
	expect(await payments()).toContainEqual(["debt", 1, "succeeded", 50]);
	expect(await world.balance("shopper_debt")).toBe(0);
	await ledgerIsSound();
	world.token = await world.cloud.issueShopperToken("ada");
	expect((await world.unlock("sale-2")).status).toBe(200);
});

test("a debt that stays unpaid is tried three times and then left to the shopper", async () => {
	await basketAboveTheHold();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	world.stripe.faults.declineOffSession = () => true;
	await world.machine.finish();
	await world.pass(30 * dayMs);
	const debts = (await payments()).filter(([kind]) => kind === "debt");
	expect(debts.map(([, sequence, state]) => [sequence, state])).toEqual([
		[1, "failed"],
		[2, "failed"],
		[3, "failed"],
	]);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "underpaid" });
	await ledgerIsSound();
});

test("a price may be objected to while nothing is taken yet; then it is taken", async () => {
	world = await World.create({ captureDelayMs: 3_600_000 });
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(60_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "closed", capturedCents: 0 });
	// Neither the machine nor the shopper waits for it.
	expect((await world.unlock("sale-2")).status).toBe(200);
	await world.pass(3_600_000 - 60_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	await world.pass(dayMs / 24);
	expect(await world.sale("sale-2")).toMatchObject({ state: "captured", capturedCents: 200 });
	await ledgerIsSound();
});

test("4.24 Stripe that fails five times in a row is left alone for half a minute, and the sale ends all the same", async () => {
	world = await World.create();
	let requests = 0;
	world.stripe.faults.dropRequest = () => {
		requests += 1;
		return true;
	};
	for (let times = 0; times < 8; times += 1) expect((await world.unlock("sale-1")).status).toBe(503);
	expect(requests).toBe(5);
	world.stripe.faults.dropRequest = undefined;
	await world.pass(10 * 60_000);
	expect(world.heldAtProvider()).toBe(0);
	expect((await world.sale("sale-1")).state).toBe("cancelled");
});
