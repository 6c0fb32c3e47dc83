import type { SaleReportBody } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import { afterEach, expect, test } from "vitest";
import { machineId, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";

let world: World | undefined;
const known = topics(machineId);

afterEach(async () => {
	await world?.close();
	world = undefined;
});

/** A world whose fridge has no Pi, with an unlocked sale from which a cola will be missing. */
async function open(): Promise<World> {
	world = await World.create();
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	expect((await world.sale("sale-1")).state).toBe("unlocked");
	return world;
}

function report(changes: Partial<SaleReportBody> = {}): SaleReportBody {
	const shelf = (number: number, finalMilligrams: number) => ({
		shelf: number,
		baselineMilligrams: 10_000_000,
		finalMilligrams,
		spreadMilligrams: 400,
	});
	return {
		saleId: "sale-1",
		counter: 1,
		boot: 1,
		opened: true,
		doorOpenMs: 5_000,
		flags: [],
		shelves: [shelf(0, 9_645_000), shelf(1, 10_000_000)],
		dispensed: [],
		...changes,
	};
}

function seal(world: World, body: SaleReportBody): string {
	return world.machine.sealStatus(known.saleReport, body, { jti: "1-report-7" });
}

async function say(world: World, token: string): Promise<void> {
	await world.broker.client("intruder").publish(known.saleReport, token);
	await world.pass(2_000);
}

async function edit(world: World, sql: string): Promise<void> {
	const database = await openDatabase(world.databaseUrl);
	await database.write([{ sql }]);
	database.close();
}

test("the basket is decided with the products at unlock, whatever the list says by now", async () => {
	const world = await open();
	await edit(world, "UPDATE product SET mass_milligrams = 500000, price_cents = 9900 WHERE sku = 'cola'");
	await say(world, seal(world, report()));
	expect(await world.sale("sale-1")).toMatchObject({
		state: "captured",
		capturedCents: 200,
		items: [{ sku: "cola", quantity: 1, unitPriceCents: 200 }],
	});
	expect(world.machine.acknowledgements).toEqual(["1-report-7"]);
});

test("weights that nobody can decide end in review, and the machine hears that its report is stored", async () => {
	const world = await open();
	const [first] = report().shelves;
	await say(world, seal(world, report({ shelves: first ? [first, first] : [] })));
	expect(await world.sale("sale-1")).toMatchObject({ state: "review", capturedCents: 0 });
	expect(world.machine.acknowledgements).toEqual(["1-report-7"]);
});

test("a report that comes again is acknowledged again and changes nothing", async () => {
	const world = await open();
	const token = seal(world, report());
	for (let time = 1; time <= 3; time += 1) await say(world, token);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.received()).toBe(200);
	expect(world.machine.acknowledgements).toEqual(["1-report-7", "1-report-7", "1-report-7"]);
});

test.each(["first", "last"] as const)(
	"a controller's report that somebody publishes bare beside the pi's, and %s, has one outcome",
	async (bare) => {
		const world = await open();
		const inner = seal(world, report());
		const outer = world.machine.sealReport("sale-1", 1, { take: ["cola"] }, true, { inner });
		const publish = (topic: string, token: string) => world.broker.client("intruder").publish(topic, token);
		const both = [() => publish(known.saleReport, inner), () => publish(known.report, outer)];
		for (const send of bare === "first" ? both : both.reverse()) await send();
		await world.pass(2_000);
		expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
		expect(world.received()).toBe(200);
		expect(world.machine.acks).toMatchObject([{ saleId: "sale-1", outcome: "captured" }]);
	},
);

/** A forced opening, and who publishes its report. */
const forced = report({ saleId: "", counter: 0, flags: ["forced"] });
const senders = {
	"a controller without a pi": async (world: World, inner: string) => say(world, inner),
	"a pi": async (world: World, inner: string) => {
		const outer = world.machine.sealReport("", 0, { take: ["cola"] }, true, { inner });
		await world.broker.client("intruder").publish(known.report, outer);
		await world.pass(2_000);
	},
};

/** Seals anew, as a controller does that has new keys: the sequence number and so the text are others. */
function sealForced(world: World, changes: { readonly boot?: number; readonly jti?: string } = {}): string {
	const { boot = 1, jti = `${boot}-report-7` } = changes;
	return world.machine.sealStatus(known.saleReport, { ...forced, boot }, { jti });
}

test.each(Object.entries(senders))(
	"a forced opening that %s reports under another seal stays one review, and is acknowledged each time",
	async (_who, send) => {
		const world = await open();
		const [first, second] = [sealForced(world), sealForced(world)];
		expect(second).not.toBe(first);
		for (const sealed of [first, second, second]) await send(world, sealed);
		const reviews = await world.cloud.database.read("SELECT cause FROM sale WHERE state = 'review'");
		expect(reviews).toEqual([{ cause: "forced_door" }]);
		expect(world.machine.acknowledgements.length + world.machine.acks.length).toBe(3);
	},
);

test.each([
	["in another boot", { boot: 2 }],
	["with another number", { jti: "1-report-8" }],
])("a forced opening that weighs the same %s is another review", async (_what, changes) => {
	const world = await open();
	await say(world, sealForced(world));
	await say(world, sealForced(world, changes));
	const reviews = await world.cloud.database.read("SELECT cause FROM sale WHERE state = 'review'");
	expect(reviews).toHaveLength(2);
});

test("a forced opening of a controller that counts anew, with other weights, is another review", async () => {
	const world = await open();
	await say(world, sealForced(world));
	await say(world, seal(world, { ...forced, doorOpenMs: 9_000 }));
	const reviews = await world.cloud.database.read("SELECT cause FROM sale WHERE state = 'review'");
	expect(reviews).toHaveLength(2);
});

test.each([
	["of another counter", report({ counter: 2 })],
	["of a sale that is none", report({ saleId: "sale-9" })],
])("a report %s moves no money", async (_what, body) => {
	const world = await open();
	await say(world, seal(world, body));
	expect(await world.sale("sale-1")).toMatchObject({ state: "unlocked", capturedCents: 0 });
	expect(world.received()).toBe(0);
});
