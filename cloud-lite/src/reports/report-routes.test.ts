import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { World } from "../../test/world.ts";
import { dayOf, daysOf, periodOf } from "./period.ts";
import { linesCsv, reportCsv } from "./sales-csv.ts";

const hourMs = 3_600_000;
let world: World;
let ask: Awaited<ReturnType<typeof ownerOf>>;

// Three sales: two on the first of January in UTC, the last one an hour before midnight; one on the second.
beforeAll(async () => {
	world = await World.create();
	ask = await ownerOf(world);
	const sell = async (id: string, take: readonly string[]) => {
		world.token = await world.cloud.issueShopperToken("ada");
		world.machine.behaviour = { take };
		const { status } = await world.unlock(id);
		if (status !== 200) throw new Error(`unlock answered ${status}`);
		await world.pass(5_000);
	};
	await sell("sale-1", ["cola", "cola", "chips"]);
	await world.pass(14 * hourMs);
	await sell("sale-2", ["cola"]);
	await sell("nothing", []);
	await world.pass(2 * hourMs);
	await sell("sale-3", ["chips"]);
});

afterAll(() => world.close());

const whole = "from=2026-01-01&to=2026-01-02";

test("2.16 the dashboard has key figures, a trend with every day, and what sells best", async () => {
	const { status, body } = await ask("GET", `/api/v1/dashboard/summary?${whole}`);
	expect(status).toBe(200);
	expect(body.data).toMatchObject({
		from: "2026-01-01T00:00:00.000Z",
		to: "2026-01-03T00:00:00.000Z",
		kpis: {
			sales: 3,
			units: 5,
			revenue: [{ currency: "usd", sales: 3, revenueCents: 900, averageSaleCents: 300, changePercent: null }],
			machines: { total: 1, online: 1, offline: 0, neverSeen: 0 },
			openAlarms: { critical: 0, warning: 0, info: 0 },
			salesInReview: 0,
			pendingCommands: 0,
		},
		trends: {
			sales: [
				{ day: "2026-01-01", currency: "usd", sales: 2, units: 4, revenueCents: 750 },
				{ day: "2026-01-02", currency: "usd", sales: 1, units: 1, revenueCents: 150 },
			],
		},
		topProducts: [
			{ key: "cola", units: 3, revenueCents: 600 },
			{ key: "chips", units: 2, revenueCents: 300 },
		],
		topMachines: [{ key: "fridge-1", name: "Lobby fridge", revenueCents: 900 }],
	});
	const day = await ask("GET", "/api/v1/dashboard/summary?from=2026-01-02&to=2026-01-02");
	expect(day.body.data.kpis.revenue).toMatchObject([{ revenueCents: 150, changePercent: -80 }]);
});

test("2.16 merchant_id may name the own tenant only", async () => {
	expect((await ask("GET", "/api/v1/dashboard/summary?merchant_id=default")).status).toBe(200);
	expect(await ask("GET", "/api/v1/dashboard/summary?merchant_id=beta")).toMatchObject({
		status: 404,
		body: { code: "tenant_unknown" },
	});
});

test("2.7 days begin where the owner lives", async () => {
	const { body } = await ask("GET", `/api/v1/reports/sales?${whole}&by=day&time_zone=Asia/Kolkata`);
	expect(body.data.rows.map(({ key, sales }: { key: string; sales: number }) => [key, sales])).toEqual([
		["2026-01-01", 1],
		["2026-01-02", 2],
	]);
	expect(body.data.from).toBe("2025-12-31T18:30:00.000Z");
});

test("a period that makes no sense is refused with what is wrong", async () => {
	for (const [query, expected, says] of [
		["from=2026-02-01&to=2026-01-01", 422, "ends before it begins"],
		["from=2020-01-01&to=2026-01-01", 422, "longer than 400 days"],
		["time_zone=Mars/Olympus", 422, "no time zone Mars/Olympus"],
		["from=yesterday", 400, "query"],
	] as const) {
		const { status, body } = await ask("GET", `/api/v1/reports/sales?${query}`);
		expect([query, status]).toEqual([query, expected]);
		expect(body.detail).toContain(says);
	}
});

test("2.28 every line of the paid sales is exported, and a report by machine", async () => {
	const lines = await ask("GET", `/api/v1/exports/sales?${whole}`);
	expect(lines.type).toContain("text/csv");
	expect(String(lines.body).replace("\uFEFF", "").split("\r\n")).toEqual([
		"sold_at,sale,machine,machine_name,sku,product,quantity,unit_price,total,currency",
		"2026-01-01T09:00:00.000Z,sale-1,fridge-1,Lobby fridge,chips,Chips,1,1.50,1.50,USD",
		"2026-01-01T09:00:00.000Z,sale-1,fridge-1,Lobby fridge,cola,Cola,2,2.00,4.00,USD",
		"2026-01-01T23:00:05.000Z,sale-2,fridge-1,Lobby fridge,cola,Cola,1,2.00,2.00,USD",
		expect.stringMatching(/^2026-01-02T01:00:1.*,sale-3,fridge-1,Lobby fridge,chips,Chips,1,1.50,1.50,USD$/),
		"",
	]);
	const machines = await ask("GET", `/api/v1/exports/sales?${whole}&by=machine`);
	expect(String(machines.body)).toContain("fridge-1,Lobby fridge,3,5,9.00,USD");
});

test("2.28 no cell of an export is a formula for a spreadsheet, whatever things are called", () => {
	const name = fc
		.tuple(fc.constantFrom("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"), fc.string())
		.map((parts) => parts.join(""));
	fc.assert(
		fc.property(name, name, (machine, product) => {
			const line = { saleId: "s", soldAtMs: 0, machineId: machine, machine, sku: product, product };
			const row = { key: product, name: machine, currency: "usd", sales: 1, units: 1, revenueCents: 1 };
			for (const text of [
				linesCsv([{ ...line, quantity: 1, unitPriceCents: 100, currency: "usd" }]),
				reportCsv([row], "product"),
			]) {
				const body = text.slice(text.indexOf("\r\n") + 2);
				for (const cell of cellsOf(body)) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
			}
		}),
	);
});

/** A reader of CSV that knows nothing of the writer. */
function cellsOf(text: string): string[] {
	const cells: string[] = [];
	let cell = "";
	let quoted = false;
	for (let index = 0; index < text.length; index += 1) {
		const character = text[index]!;
		if (quoted && character === '"' && text[index + 1] === '"') {
			cell += '"';
			index += 1;
		} else if (character === '"') quoted = !quoted;
		else if (!quoted && (character === "," || character === "\n")) {
			cells.push(cell.replace(/\r$/, ""));
			cell = "";
		} else cell += character;
	}
	return cells;
}

test("a machine's audit data counts every unit once: in all, and since the last reading", async () => {
	const path = "/api/v1/machines/fridge-1/eva-dts";
	const first = await ask("POST", path);
	expect(first.type).toContain("text/plain");
	expect(String(first.body).split("\r\n")).toEqual(
		expect.arrayContaining([
			"VA1*900*5*900*5",
			"PA1*1-1*200*Cola",
			"PA2*3*600*3*600",
			"PA1*2-1*150*Chips",
			"PA2*2*300*2*300",
		]),
	);
	expect(String(first.body)).toMatch(/EA3\*1\*/);
	const look = await ask("GET", path);
	expect(String(look.body)).toContain("VA1*900*5*0*0");
	world.token = await world.cloud.issueShopperToken("ada");
	world.machine.behaviour = { take: ["cola"] };
	await world.unlock("sale-4");
	await world.pass(5_000);
	for (const method of ["GET", "GET", "POST"]) {
		expect(String((await ask(method, path)).body)).toContain("VA1*1100*6*200*1");
	}
	expect(String((await ask("POST", path)).body)).toMatch(/VA1\*1100\*6\*0\*0[\s\S]*EA3\*3\*/);
	expect((await ask("POST", "/api/v1/machines/none/eva-dts")).status).toBe(404);
});

test("2.7 2.16 what was given back is no revenue: by day, by machine and on the dashboard", async () => {
	const sums = async () => {
		const rows = async (by: string) => (await ask("GET", `/api/v1/reports/sales?${whole}&by=${by}`)).body.data.rows;
		const cents = async (by: string) =>
			(await rows(by)).reduce((sum: number, row: { revenueCents: number }) => sum + row.revenueCents, 0);
		const { kpis } = (await ask("GET", `/api/v1/dashboard/summary?${whole}`)).body.data;
		return [await cents("day"), await cents("machine"), kpis.revenue[0].revenueCents, await cents("product")];
	};
	const [day = 0, machine = 0, dashboard = 0, product] = await sums();
	const refund = { amountCents: 70, reason: "warm" };
	expect((await ask("POST", "/api/v1/orders/sale-1/manual_refund", refund)).status).toBe(202);
	await world.pass(1_000);
	expect(await sums()).toEqual([day - 70, machine - 70, dashboard - 70, product]);
});

test("reports, exports and audit data show nothing of another tenant", async () => {
	const tenants = await TwoTenants.open();
	for (const path of ["/api/v1/machines/beta-fridge/eva-dts", "/api/v1/dashboard/summary?merchant_id=beta"]) {
		expect((await tenants.request("viewer", "GET", path)).status).toBe(404);
	}
	for (const caller of ["shopper", "device"] as const) {
		expect((await tenants.request(caller, "GET", "/api/v1/exports/sales")).status).toBe(403);
	}
	const { body } = await tenants.request("viewer", "GET", "/api/v1/dashboard/summary");
	expect(body.data.kpis.machines).toEqual({ total: 1, online: 0, offline: 0, neverSeen: 1 });
	await tenants.close();
});

test("every moment lies on a day of its period, also where clocks are changed", () => {
	const zone = fc.constantFrom("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "America/Santiago");
	const day = fc
		.integer({ min: 0, max: 700 })
		.map((days) => new Date(Date.UTC(2025, 0, 1 + days)).toISOString().slice(0, 10));
	fc.assert(
		fc.property(zone, day, (timeZone, from) => {
			const period = periodOf({ from, to: from, time_zone: timeZone }, 0);
			expect(dayOf(period.fromMs, timeZone)).toBe(from);
			expect(dayOf(period.fromMs - 1, timeZone) < from).toBe(true);
			expect(dayOf(period.toMs - 1, timeZone)).toBe(from);
			expect(daysOf(period)).toEqual([from]);
		}),
		{ numRuns: 60 },
	);
});
