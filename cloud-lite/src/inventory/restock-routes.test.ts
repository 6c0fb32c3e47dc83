import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestTenant, TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
let machineId: string;
beforeEach(async () => {
	world = await TwoTenants.open();
	machineId = world.alpha.machineId;
});
afterEach(() => world.close());

async function ask(method: string, path: string, body?: unknown, tenant: TestTenant = world.alpha) {
	return world.request("operator", method, `/api/v1${path}`, body, { tenant });
}

async function idOf(sku: string): Promise<string> {
	return (await ask("GET", `/products?query=${sku}`)).body.data[0].id;
}

const slots = [
	{ position: "A1", sku: "cola", shelf: 0, capacity: 12, par: 10, lowAt: 3 },
	{ position: "B1", sku: "tea", shelf: 1, capacity: 8, priceCents: 180 },
];

async function addTea(): Promise<void> {
	const tea = { sku: "tea", name: "Tea", priceCents: 150, massMilligrams: 500_000, toleranceMilligrams: 5_000 };
	expect((await ask("POST", "/products", tea)).status).toBe(201);
}

async function draft(planned: unknown = slots, headers: Record<string, string> = {}) {
	return world.request("operator", "POST", "/api/v1/planograms", { machineId, slots: planned }, { headers });
}

async function activeNumber(): Promise<number> {
	return (await ask("GET", `/planograms?machine_id=${machineId}&state=active`)).body.data[0].number;
}

test("4.18 a planned planogram is a draft; the machine sells by it once it was filled by its list, in one commit with the stock", async () => {
	await addTea();
	const planned = await draft();
	expect(planned.body.data).toMatchObject({
		number: 2,
		state: "draft",
		slots: [{ position: "A1" }, { priceCents: 180 }],
	});
	expect(await activeNumber()).toBe(1);
	const [cola, tea] = [await idOf("cola"), await idOf("tea")];
	await ask("POST", "/stock/movements", { movements: [{ reason: "count", productId: cola, counted: 24 }] });
	const { body: list } = await ask("POST", "/restock-lists", { machineIds: [machineId] });
	expect(list.data.stops).toMatchObject([
		{
			machineId,
			lines: [
				{ sku: "cola", bring: 10, put: null },
				{ sku: "tea", bring: 8, put: null },
			],
		},
	]);
	expect(list.data.pack).toMatchObject([
		{ sku: "cola", quantity: 10 },
		{ sku: "tea", quantity: 8 },
	]);
	const fill = `/restock-lists/${list.data.id}/machines/${machineId}/fill`;
	const filled = await ask("POST", fill, {
		lines: [
			{ productId: cola, counted: 1, put: 9, lot: { code: "L7", expiresOn: "2026-03-01" } },
			{ productId: tea, put: 6 },
		],
	});
	expect(filled.status).toBe(200);
	expect(filled.body.data).toMatchObject({ pack: [], stops: [{ lines: [{ put: 9 }, { put: 6 }] }] });
	expect(await activeNumber()).toBe(2);
	const levels = await ask("GET", "/stock");
	expect(
		levels.body.data.map((level: Record<string, unknown>) => [level.sku, level.machineId, level.quantity, level.lowAt]),
	).toEqual([
		["cola", null, 15, null],
		["cola", machineId, 10, 3],
		["tea", machineId, 6, null],
	]);
	expect((await ask("GET", "/lots?expires_by=2026-03-01")).body.data).toMatchObject([
		{ code: "L7", machineId, quantity: 9, left: 9 },
	]);
	const again = await ask("POST", fill, { lines: [{ productId: cola, put: 1 }] });
	expect([again.status, again.body.code]).toEqual([409, "already_filled"]);
});

test("4.18 a planogram that the machine cannot sell by is refused, slot by slot", async () => {
	await addTea();
	await ask("POST", "/products", { sku: "mug", name: "Mug", priceCents: 900 });
	for (const [planned, path] of [
		[[{ position: "A1", sku: "gold", shelf: 0 }], "slots.0.sku"],
		[[{ position: "A1", sku: "mug", shelf: 0 }], "slots.0.massMilligrams"],
		[[slots[0], { position: "A1", sku: "tea", shelf: 1 }], "slots.1.position"],
		[[slots[0], { position: "A2", sku: "cola", shelf: 1 }], "slots.1.sku"],
		[[{ position: "A1", sku: "tea", shelf: 0, capacity: 2, par: 3 }], "slots.0.par"],
	] as const) {
		const { status, body } = await draft(planned);
		expect([status, body.error.details.issues[0].path]).toEqual([422, path]);
	}
	const first = await draft(slots, { "if-match": '"1"' });
	expect(first.status).toBe(201);
	expect((await draft(slots, { "if-match": '"1"' })).status).toBe(412);
	await draft();
	const stale = await ask("POST", `/planograms/${first.body.data.id}/apply`);
	expect([stale.status, stale.body.code]).toEqual([409, "planogram_not_draft"]);
	expect((await ask("GET", `/planograms/${first.body.data.id}`, undefined, world.beta)).status).toBe(404);
	expect((await ask("POST", `/planograms/${first.body.data.id}/apply`, undefined, world.beta)).status).toBe(404);
	expect((await ask("POST", "/planograms", { machineId, slots: [slots[0]] }, world.beta)).status).toBe(404);
});

test("4.18 a planogram warns of products that neither scale nor camera tells apart", async () => {
	await ask("POST", "/products", {
		sku: "pepsi",
		name: "Pepsi",
		priceCents: 200,
		massMilligrams: 356_000,
		toleranceMilligrams: 5_000,
	});
	const { body } = await draft([slots[0], { position: "A2", sku: "pepsi", shelf: 0 }]);
	expect(body.data.warnings).toEqual([expect.stringMatching(/Cola and Pepsi|Pepsi and Cola/)]);
});

test("4.18 a route's machines are its restock list, in its order; routes of others and machines of others do not exist", async () => {
	const route = await ask("POST", "/routes", { name: "North", machineIds: [machineId] });
	expect(route.body.data).toMatchObject({ name: "North", machineIds: [machineId], version: 1 });
	expect((await ask("POST", "/routes", { name: "North", machineIds: [machineId] })).status).toBe(409);
	expect((await ask("POST", "/routes", { name: "West", machineIds: [world.beta.machineId] })).status).toBe(404);
	expect((await ask("POST", "/routes", { name: "W", machineIds: [machineId, machineId] })).status).toBe(422);
	const renamed = await ask("PUT", `/routes/${route.body.data.id}`, { name: "N", machineIds: [machineId] });
	expect(renamed.body.data).toMatchObject({ name: "N", version: 2 });
	const list = await ask("POST", "/restock-lists", { routeId: route.body.data.id });
	expect([list.status, list.body.data.routeId, list.body.data.stops[0].machineId]).toEqual([
		201,
		route.body.data.id,
		machineId,
	]);
	expect((await ask("POST", "/restock-lists", { routeId: route.body.data.id }, world.beta)).status).toBe(404);
	expect((await ask("GET", `/restock-lists/${list.body.data.id}`, undefined, world.beta)).status).toBe(404);
	const fill = `/restock-lists/${list.body.data.id}/machines/${machineId}/fill`;
	expect((await ask("POST", fill, { lines: [{ productId: "none", put: 1 }] })).status).toBe(409);
	expect((await ask("POST", fill, { lines: [] })).status).toBe(422);
});

test("4.18 bulk changes are one commit: one that lacks keeps all of them out, and says which", async () => {
	const [cola, chips] = [await idOf("cola"), await idOf("chips")];
	const restock = await ask("POST", "/stock/movements", {
		movements: [
			{ reason: "restock", productId: cola, machineId, change: 5 },
			{ reason: "count", productId: chips, machineId, counted: 2, note: "by hand" },
		],
	});
	expect([restock.status, restock.body.data]).toEqual([201, { written: 2 }]);
	const short = await ask("POST", "/stock/movements", {
		movements: [
			{ reason: "restock", productId: cola, machineId, change: 5 },
			{ reason: "waste", productId: chips, machineId, change: -3 },
		],
	});
	expect([short.status, short.body.detail]).toEqual([409, "Insufficient stock for Chips. Available: 2, Required: 3"]);
	expect((await ask("GET", `/stock?machine_id=${machineId}`)).body.data).toMatchObject([
		{ sku: "chips", quantity: 2 },
		{ sku: "cola", quantity: 5 },
	]);
	expect((await ask("GET", "/stock/movements?reason=count")).body.data).toMatchObject([
		{ productId: chips, change: 2, actor: "user:alpha-operator", note: "by hand" },
	]);
	for (const wrong of [
		{ reason: "restock", productId: cola, change: -1 },
		{ reason: "waste", productId: cola, change: 1 },
		{ reason: "adjust", productId: cola, change: 0 },
		{ reason: "sale", productId: cola, change: -1 },
	]) {
		const { status } = await ask("POST", "/stock/movements", { movements: [wrong] });
		expect([wrong, status]).toEqual([wrong, wrong.change === 0 ? 422 : 400]);
	}
	const movements = [{ reason: "restock", productId: cola, change: 1 }];
	expect((await ask("POST", "/stock/movements", { movements }, world.beta)).status).toBe(404);
	const abroad = [{ reason: "restock", productId: cola, machineId: world.beta.machineId, change: 1 }];
	expect((await ask("POST", "/stock/movements", { movements: abroad })).status).toBe(404);
	expect((await world.request("viewer", "POST", "/api/v1/stock/movements", { movements })).status).toBe(403);
});

test("4.18 low stock is listed with the days that it lasts, and becoming low is an event", async () => {
	const cola = await idOf("cola");
	await ask("PATCH", `/products/${cola}`, { lowAt: 4 });
	await ask("POST", "/stock/movements", { movements: [{ reason: "restock", productId: cola, machineId, change: 16 }] });
	world.clock.jump(world.clock.now() + 4 * 86_400_000);
	await world.database.write([
		{
			sql: `INSERT INTO movement (tenant_id, product_id, machine_id, change_quantity, reason, at_ms)
				VALUES ('alpha', ?, ?, -12, 'sale', ?)`,
			args: [cola, machineId, world.clock.now()],
		},
	]);
	// Twelve in four days are three a day.
	const low = await world.request("device", "GET", "/api/v1/stock?low=true");
	expect(low.body.data).toMatchObject([{ sku: "cola", quantity: 4, low: true, soldUnits: 12, daysLeft: 1.3 }]);
	const events = await world.database.read("SELECT kind, quantity FROM stock_event");
	expect(events).toEqual([{ kind: "low", quantity: 4 }]);
});
