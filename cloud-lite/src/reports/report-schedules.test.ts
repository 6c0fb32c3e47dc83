import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MailServer, startMailServer } from "../../../hardware-sim/src/notify/mail-server.ts";
import { ownerOf } from "../../test/owner.ts";
import { TwoTenants } from "../../test/two-tenants.ts";
import { World } from "../../test/world.ts";
import { Mailer } from "../notify/mailer.ts";
import { dayOf } from "./period.ts";
import { cadences, nextTime, reportedPeriod } from "./schedule-time.ts";

const hourMs = 3_600_000;
let world: World;
let mail: MailServer;
let mailer: Mailer;
let ask: Awaited<ReturnType<typeof ownerOf>>;

beforeAll(async () => {
	mail = await startMailServer({ user: "shop", password: "secret" });
	mailer = new Mailer({ url: mail.url, from: "shop@example.com" });
	world = await World.create();
	await world.cloud.close();
	await world.startCloud(() => ({ mailer }), { notify: {} });
	ask = await ownerOf(world);
});

afterAll(async () => {
	await world.close();
	mailer.close();
	await mail.close();
});

test("0.12 the sales of a day come by letter the next morning, with a file for a spreadsheet", async () => {
	const body = { every: "day", by: "product", hour: 6, timeZone: "Europe/Madrid", recipients: ["owner@example.com"] };
	const added = await ask("POST", "/api/v1/report-schedules", body);
	expect(added.status).toBe(201);
	expect(added.body.data.nextAt).toBe("2026-01-02T05:00:00.000Z");
	world.machine.behaviour = { take: ["cola", "cola", "chips"] };
	await world.unlock("sale-1");
	await world.pass(19 * hourMs);
	expect(mail.letters).toEqual([]);
	await world.pass(2 * hourMs);
	expect(mail.letters).toHaveLength(1);
	const [letter] = mail.letters;
	expect(letter).toMatchObject({
		to: ["owner@example.com"],
		subject: "Sales of 2026-01-01",
		attachments: [{ filename: "sales-2026-01-01-by-product.csv" }],
	});
	expect(letter?.text).toContain("$5.50\n\nCola: 2 units, $4.00\nChips: 1 units, $1.50");
	expect(letter?.attachments[0]?.content).toContain("cola,Cola,1,2,4.00,USD");
	await world.pass(24 * hourMs);
	expect(mail.letters.at(-1)).toMatchObject({
		subject: "Sales of 2026-01-02",
		text: expect.stringContaining("Nothing was sold"),
	});
});

test("0.12 a report can be sent beside its turn, and is not sent any more once it is removed", async () => {
	const [schedule] = (await ask("GET", "/api/v1/report-schedules")).body.data;
	const before = mail.letters.length;
	expect((await ask("POST", `/api/v1/report-schedules/${schedule.id}/send`)).status).toBe(202);
	await world.pass(0);
	expect(mail.letters).toHaveLength(before + 1);
	expect((await ask("DELETE", `/api/v1/report-schedules/${schedule.id}`)).status).toBe(200);
	expect((await ask("POST", `/api/v1/report-schedules/${schedule.id}/send`)).status).toBe(404);
	await world.pass(48 * hourMs);
	expect(mail.letters).toHaveLength(before + 1);
});

test("schedules of another tenant do not exist, and nonsense is refused", async () => {
	const tenants = await TwoTenants.open();
	const good = { every: "week", recipients: ["owner@example.com"] };
	const added = await tenants.request("admin", "POST", "/api/v1/report-schedules", good);
	expect(added.body.data).toMatchObject({
		by: "product",
		hour: 6,
		timeZone: "UTC",
		nextAt: "2026-01-05T06:00:00.000Z",
	});
	const path = `/api/v1/report-schedules/${added.body.data.id}`;
	expect((await tenants.request("admin", "DELETE", path, undefined, { tenant: tenants.beta })).status).toBe(404);
	expect((await tenants.request("admin", "POST", `${path}/send`, undefined, { tenant: tenants.beta })).status).toBe(
		404,
	);
	expect((await tenants.request("operator", "DELETE", path)).status).toBe(403);
	for (const [wrong, status] of [
		[{ recipients: [] }, 400],
		[{ recipients: ["nobody"] }, 400],
		[{ hour: 24 }, 400],
		// Has the right form.
		[{ timeZone: "Mars" }, 422],
		[{ every: "year" }, 400],
	] as const) {
		const answer = await tenants.request("admin", "POST", "/api/v1/report-schedules", { ...good, ...wrong });
		expect(answer.status, JSON.stringify(wrong)).toBe(status);
	}
	await tenants.close();
});

test("a report is due at its hour, and its periods follow each other without a gap, also where clocks are changed", () => {
	const schedule = fc.record({
		every: fc.constantFrom(...cadences),
		hour: fc.integer({ min: 0, max: 23 }),
		timeZone: fc.constantFrom("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"),
	});
	const moment = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2026, 11, 31) });
	fc.assert(
		fc.property(schedule, moment, (schedule, afterMs) => {
			const firstMs = nextTime(schedule, afterMs);
			const secondMs = nextTime(schedule, firstMs);
			expect(firstMs).toBeGreaterThan(afterMs);
			expect(secondMs).toBeGreaterThan(firstMs);
			const first = reportedPeriod(schedule, firstMs);
			const second = reportedPeriod(schedule, secondMs);
			expect(second.fromMs).toBe(first.toMs);
			expect(dayOf(first.toMs, schedule.timeZone)).toBe(dayOf(firstMs, schedule.timeZone));
		}),
		{ numRuns: 25 },
	);
});
