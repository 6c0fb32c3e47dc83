import { topics } from "@visionvend/sdk/device/topics";
import { afterEach, expect, test } from "vitest";
import { machineId, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";
import { publishLater } from "../outbox/outbox-entry.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(options: Parameters<typeof World.create>[0] = {}): Promise<World> {
	world = await World.create(options);
	return world;
}

test("0.7 0.9 3.9 a shopper takes two things: the held money becomes their price", async () => {
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

test("3.25 nothing taken: the hold is let go, and the screen says so", async () => {
	const world = await open();
	world.machine.behaviour = { take: [] };
	await world.unlock("sale-1");
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "nothing_taken", capturedCents: 0 });
	expect(world.received()).toBe(0);
	expect(world.heldAtProvider()).toBe(0);
	expect(world.machine.receipts).toMatchObject([{ outcome: "cancelled", totalCents: 0 }]);
	expect(await world.balance("shopper_hold")).toBe(0);
});

test("a door that is never opened: the hold is let go", async () => {
	const world = await open();
	world.machine.behaviour = undefined;
	await world.unlock("sale-1");
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "never_opened" });
	expect(world.heldAtProvider()).toBe(0);
});

test("a basket above the hold: the hold is captured, the rest is charged to the saved card, in all exactly the price", async () => {
	const world = await open({ holdCents: 300 });
	world.machine.behaviour = { take: ["cola", "cola"] };
	await world.unlock("sale-1");
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", heldCents: 300, capturedCents: 400 });
	expect(world.stripe.paymentIntents().map(({ amount_received }) => amount_received)).toEqual([300, 100]);
	expect(await world.balance("cash_in_transit")).toBe(400);
	expect(world.machine.receipts).toMatchObject([{ outcome: "captured", totalCents: 400 }]);
});

test("a rest too small to be charged takes its minimum from the hold's share", async () => {
	const world = await open({ holdCents: 380 });
	world.machine.behaviour = { take: ["cola", "cola"] };
	await world.unlock("sale-1");
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 400 });
	expect(world.stripe.paymentIntents().map(({ amount_received }) => amount_received)).toEqual([350, 50]);
});

test("a card that declines the rest: review, underpaid, with a debt that blocks the next sale", async () => {
	const world = await open({ holdCents: 300 });
	world.machine.behaviour = { take: ["cola", "cola"] };
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(500);
	// The shopper takes the card away between hold and capture.
	const [shopper] = await world.cloud.database.read("SELECT payment_method FROM shopper");
	await world.stripeClient().paymentMethods.detach(String(shopper?.payment_method));
	await world.machine.finish();
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "underpaid", capturedCents: 300 });
	expect(await world.balance("shopper_debt")).toBe(100);
	expect(await world.balance("receivable")).toBe(0);
	expect(await world.unlock("sale-2")).toMatchObject({ status: 402, body: { code: "debt_open" } });
});

test("a forced door becomes a sale in review, without a shopper and without a hold", async () => {
	const world = await open();
	await world.machine.force();
	await world.pass(1_000);
	const [sale] = await world.cloud.database.read("SELECT * FROM sale");
	expect(sale).toMatchObject({ state: "review", cause: "forced_door", shopper_id: null, held_cents: 0 });
	expect(world.machine.acks).toMatchObject([{ saleId: "", outcome: "review" }]);
	expect(world.stripe.paymentIntents()).toEqual([]);
});

test("a stone for a cola goes to review, and keeps the hold until people have looked", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"], foreignMilligrams: 343_000 };
	await world.unlock("sale-1");
	await world.pass(2_000);
	const sale = await world.sale("sale-1");
	expect(sale).toMatchObject({ state: "review", heldCents: 500, capturedCents: 0 });
	expect(sale.cause).toMatch(/^(unexplained_weight|foreign_object)$/);
	expect(world.heldAtProvider()).toBe(500);
	await world.pass(7 * 86_400_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: sale.cause });
	expect(world.heldAtProvider()).toBe(0);
	expect(await world.balance("shopper_hold")).toBe(0);
});

test("a basket that the weights do not explain is not charged, whatever the pi says", async () => {
	const world = await open();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(500);
	const token = world.machine.sealReport("sale-1", 1, { take: ["chips"] }, true, {
		decision: {
			kind: "settle",
			items: [{ sku: "cola", quantity: 2 }],
			probabilityPermille: 1000,
			detail: "a pi that lies",
		},
	});
	await world.broker.client("intruder").publish("devices/fridge-1/sales/report", token);
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({
		state: "review",
		cause: "weights_contradict_basket",
		capturedCents: 0,
	});
});

test("scales that did not come to rest settle nothing, whatever the pi says", async () => {
	const world = await open();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(500);
	const token = world.machine.sealReport("sale-1", 1, { take: ["cola"], flags: ["unstable"] }, true, {
		decision: {
			kind: "settle",
			items: [{ sku: "cola", quantity: 1 }],
			probabilityPermille: 1000,
			detail: "a pi that is sure",
		},
	});
	await world.broker.client("intruder").publish("devices/fridge-1/sales/report", token);
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "unstable_scale", capturedCents: 0 });
});

test("prices are those at unlock", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(500);
	const owner = await openDatabase(world.databaseUrl);
	await owner.write([{ sql: "UPDATE product SET price_cents = 999" }]);
	owner.close();
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
});

test("a machine that stays silent: the hold is let go after 30 s, for no unlock was ever sent", async () => {
	const world = await open();
	world.machine.silent = true;
	expect((await world.unlock("sale-1")).status).toBe(200);
	await world.pass(29_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "authorised" });
	expect(world.events().filter((event) => event === "hello.requested")).toHaveLength(3);
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "unlock_not_executed" });
	expect(world.heldAtProvider()).toBe(0);
	expect(world.machine.openings).toBe(0);
});

test("an unlock that was sent and never answered: the hold stays until a hello after the nonce's death proves it never ran", async () => {
	const world = await open();
	world.machine.deaf = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect(world.events()).toContain("unlock.sent");
	world.machine.silent = true;
	await world.pass(120_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "authorised" });
	world.machine.silent = false;
	await world.pass(15_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "unlock_not_executed" });
});

test("a hello from a machine that is still weighing proves nothing: the hold stays for the lock that is about to open", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.measures = true;
	await world.unlock("sale-1");
	await world.pass(500);
	// The pi has started anew, and the controller greets it; the cloud takes that as a reason to ask.
	await world.machine.hello("");
	await world.pass(500);
	const hellos = () => world.events().filter((event) => event === "hello.requested").length;
	expect(hellos()).toBe(2);
	expect(await world.sale("sale-1")).toMatchObject({ state: "authorised", heldCents: 500 });
	await world.pass(2_000);
	expect(hellos()).toBe(3);
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.machine.openings).toBe(1);
});

test("an execution whose answer was lost is found in the hello, and the sale goes on", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.losesStatus = true;
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(12_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "unlocked" });
	expect(world.machine.openings).toBe(1);
	await world.machine.finish();
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
});

test("a machine that is gone after its lock opened: the sale is in review before the hold ends, no_report, and nothing is charged", async () => {
	const world = await open();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "unlocked" });
	world.machine.silent = true;
	await world.pass(7 * 86_400_000 - 6 * 3_600_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", cause: "no_report", capturedCents: 0 });
	expect(world.heldAtProvider()).toBe(500);
});

test("3.8 a report settles the sale although every status message was lost", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.losesStatus = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	const sale = await world.sale("sale-1");
	expect(sale).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(sale.events.map(({ event }: { event: string }) => event)).toEqual([
		"requested",
		"authorised",
		"unlock_sent",
		"report_received",
		"unlocked",
		"open",
		"closed",
		"priced",
		"captured",
	]);
});

test("a repeated report is acknowledged again and charges nothing", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	const report = world.broker.seen.find(({ topic }) => topic.endsWith("/sales/report"));
	for (let times = 0; times < 3; times += 1)
		await world.broker.client("intruder").publish(report?.topic ?? "", report?.payload ?? "");
	await world.pass(1_000);
	expect(world.machine.acks).toHaveLength(4);
	expect(world.received()).toBe(200);
	expect((await world.sale("sale-1")).capturedCents).toBe(200);
});

test("a second report about a settled sale is kept, and the money stays as it is", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-1");
	await world.pass(1_000);
	const token = world.machine.sealReport("sale-1", 1, { take: ["cola", "chips"] }, true);
	await world.broker.client("intruder").publish("devices/fridge-1/sales/report", token);
	await world.pass(1_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.machine.acks).toHaveLength(2);
	expect(world.received()).toBe(200);
	expect(world.log.find(({ event }) => event === "report.late")).toMatchObject({ level: "warn", saleId: "sale-1" });
});

test("a report about an unknown sale is acknowledged as such, so that the pi can forget it", async () => {
	const world = await open();
	const token = world.machine.sealReport("never-heard-of", 9, { take: ["cola"] }, true);
	await world.broker.client("intruder").publish("devices/fridge-1/sales/report", token);
	await world.pass(1_000);
	expect(world.machine.acks).toMatchObject([{ saleId: "never-heard-of", outcome: "unknown_sale" }]);
});

test("0.8 4.4 the broker is away in the middle: what was committed leaves when it is back", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	world.broker.up = false;
	await expect(world.machine.finish()).rejects.toThrow("not connected");
	await world.pass(60_000);
	world.broker.up = true;
	const token = world.machine.sealReport("sale-1", 1, { take: ["cola"] }, true);
	await world.broker.client(`pi`).publish("devices/fridge-1/sales/report", token);
	await world.pass(2_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.machine.receipts).toMatchObject([{ outcome: "captured" }]);
});

test("more messages than leave at once wait for the broker: all leave when it is back", async () => {
	const world = await open();
	world.broker.up = false;
	const owner = await openDatabase(world.databaseUrl);
	const { ack } = topics(machineId);
	const expiresAtMs = world.clock.now() + 600_000;
	await owner.write(
		Array.from({ length: 1_000 }, (_, index) =>
			publishLater(
				{
					machineId,
					to: "pi",
					topic: ack,
					body: { reportId: `report-${index}`, saleId: "", outcome: "review" },
					log: null,
					saleId: "",
				},
				{ lane: `lane-${index}`, nowMs: world.clock.now(), expiresAtMs },
			),
		),
	);
	owner.close();
	world.broker.up = true;
	await world.pass(1_000);
	expect(world.machine.acks).toHaveLength(1_000);
});

test("one sale that cannot be looked at does not keep the others from it", async () => {
	const world = await open();
	world.machine.silent = true;
	await world.unlock("sale-1");
	const owner = await openDatabase(world.databaseUrl);
	await owner.write([
		{
			// As a defect could leave it: due before all others, and impossible to go on with.
			sql: `INSERT INTO sale (id, machine_id, state, version, currency, hold_cents, held_cents, hold_state, language,
					products, requested_at_ms, unlock_deadline_ms, check_at_ms, machine_busy, shopper_busy)
				VALUES ('broken', ?, 'authorised', 1, 'usd', 5, 0, 'held', 'en', '[]', 0, 0, 1, 0, 0)`,
			args: [machineId],
		},
		{ sql: "CREATE TRIGGER broken BEFORE UPDATE ON sale WHEN OLD.id = 'broken' BEGIN SELECT RAISE(ABORT, 'x'); END" },
	]);
	owner.close();
	await world.pass(40_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "unlock_not_executed" });
	expect(world.log.filter(({ level }) => level === "error")).not.toEqual([]);
});

test("the next sale of a machine has the next counter", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	for (const id of ["sale-1", "sale-2", "sale-3"]) {
		await world.unlock(id);
		await world.pass(5_000);
	}
	expect(world.machine.counter).toBe(3);
	expect(world.machine.openings).toBe(3);
	expect(world.received()).toBe(600);
});

test("the same clock and the same chance give the same bytes: messages, payments, log and ledger", async () => {
	const run = async (): Promise<string> => {
		const world = await World.create({ holdCents: 300 });
		world.machine.behaviour = { take: ["cola", "cola"] };
		const answers = await Promise.all([world.unlock("sale-1"), world.unlock("sale-1"), world.unlock("sale-2")]);
		await world.pass(60_000);
		world.machine.behaviour = { take: ["chips"] };
		world.machine.losesStatus = true;
		answers.push(await world.unlock("sale-3"));
		await world.pass(60_000);
		const trace = {
			answers,
			log: world.log,
			messages: world.broker.seen,
			ledger: await world.cloud.ledgerRows(),
			intents: world.stripe.paymentIntents(),
			sales: await world.cloud.database.read("SELECT * FROM sale ORDER BY id"),
		};
		await world.close();
		return JSON.stringify(trace);
	};
	const first = await run();
	for (let times = 0; times < 5; times += 1) expect(await run()).toBe(first);
});
