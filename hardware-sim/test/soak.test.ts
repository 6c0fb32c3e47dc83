import { expect, test } from "vitest";
import { createXsEngine } from "../src/engine/xs-engine.ts";
import { LoneMachine, topicOf } from "./lone-machine.ts";
import { xs } from "./simulated-device.ts";

/** After so many sales everything that a device keeps was there once. */
const warmUpSales = 10;
const sales = 30;
const idleMinutes = 20;

function sell(lone: LoneMachine, counter: number): void {
	const { shopper } = lone;
	const saleId = `sale-${counter}`;
	lone.unlock(saleId, counter);
	lone.run(2.5);
	expect(shopper.open()).toBe(true);
	lone.run(1.5);
	const unit = shopper.take("cola");
	lone.run(2);
	shopper.putBack(unit);
	lone.run(2);
	shopper.close();
	lone.run(4);
	const items = [{ name: "Cola", quantity: counter }];
	lone.command(topicOf.receipt, {
		saleId,
		outcome: "captured",
		items,
		totalCents: 200,
		currency: "usd",
		language: "en",
	});
	lone.run(1);
}

test.skipIf(!xs.ok)(
	`${sales} sales and ${idleMinutes} min of idling leave no more behind in the device's memory`,
	() => {
		if (!xs.ok) return;
		const host = xs;
		const lone = new LoneMachine((options) => createXsEngine({ ...options, host }));
		const peaks = () => {
			const { slotsPeak, chunksPeak, keys } = lone.machine.statistics as NonNullable<typeof lone.machine.statistics>;
			return { slotsPeak, chunksPeak, keys };
		};
		lone.machine.powerUp();
		lone.run(5);
		for (let counter = 1; counter <= warmUpSales; counter++) sell(lone, counter);
		const early = peaks();
		for (let counter = warmUpSales + 1; counter <= sales; counter++) sell(lone, counter);
		lone.run(idleMinutes * 60);
		const late = peaks();
		lone.machine.powerCut();

		expect(lone.machine.resets).toEqual([]);
		expect(lone.said.filter(({ topic }) => topic === topicOf.saleReport)).toHaveLength(sales);
		expect(lone.said.filter(({ topic }) => topic === topicOf.health).length).toBeGreaterThan(idleMinutes);
		// One object left behind by each sale, or by each minute, would be 80 slots and more.
		expect(late.slotsPeak - early.slotsPeak).toBeLessThan(40);
		expect(late.chunksPeak - early.chunksPeak).toBeLessThan(1_024);
		expect(late.keys).toBe(early.keys);
	},
);
