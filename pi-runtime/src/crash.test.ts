import fc from "fast-check";
import { expect, test } from "vitest";
import { Crash, saleReport, sealedByController, TestMachine, topics } from "../test/test-machine.ts";
import { openStore } from "./store/store.ts";

const openings = [`e.open1.s`, `e.close1.s`, `e.open2.s`, `e.close2.s`];
const reports = [
	sealedByController(topics.saleReport, saleReport("sale-1", 1), 1),
	sealedByController(topics.saleReport, saleReport("sale-2", 2), 2),
];

/**
 * Two sales run while the Pi dies at the given points (each the n-th thing that a life of the process does to disk,
 * broker or wire), the last life going on to the end. Returns whether it died at all of them.
 */
async function twoSales(deaths: readonly number[]): Promise<boolean> {
	const machine = new TestMachine();
	try {
		const [opened1 = "", closed1 = "", opened2 = "", closed2 = ""] = openings;
		const [report1 = "", report2 = ""] = reports;
		machine.send(topics.door, opened1);
		machine.send(topics.door, closed1);
		machine.send(topics.saleReport, report1);
		machine.send(topics.door, opened2);
		machine.send(topics.door, closed2);
		machine.send(topics.saleReport, report2);

		let died = 0;
		for (const death of deaths) {
			const crash = new Crash(death);
			if (await machine.start(crash)) await machine.run(30_000);
			if (!crash.dead) break;
			died += 1;
		}
		if (died === deaths.length) await machine.start();
		await machine.run(120_000);

		// What the controller no longer keeps has reached the cloud, and the controller keeps nothing any more.
		expect(machine.takenOver).toEqual([opened1, closed1, report1, opened2, closed2, report2]);
		expect(new Set(machine.reports.map(({ body }) => body.report))).toEqual(new Set(reports));
		const doors = machine.broker.published.filter(({ topic }) => topic === topics.door).map(({ payload }) => payload);
		// Each at least once; and the first arrivals come in order.
		expect([...new Set(doors)]).toEqual(openings);
		// A report is one row and one report id, whatever happened; and none waits.
		expect(new Set(machine.reports.map(({ body }) => body.reportId)).size).toBe(2);
		const disk = await openStore(machine.databaseUrl);
		expect(await disk.counts()).toEqual({ undecided: 0, unacknowledged: 0, messages: 0 });
		disk.close();
		return died === deaths.length;
	} finally {
		await machine.close();
	}
}

test("the Pi may die at every single thing that it does: nothing that it took custody of is lost", async () => {
	let points = 0;
	while (await twoSales([points + 1])) points += 1;
	expect(points).toBeGreaterThan(40);
});

test("the Pi may die again and again", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }), async (deaths) => {
			await twoSales(deaths);
		}),
		{ seed: 20_261_120, numRuns: 40 },
	);
});
