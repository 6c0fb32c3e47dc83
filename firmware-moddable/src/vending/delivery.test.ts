import { DispenseMotorChip } from "@visionvend/hardware-sim/chips/dispense-motor";
import { DropSensorChip } from "@visionvend/hardware-sim/chips/drop-sensor";
import type { DispenseReport } from "@visionvend/sdk/device/dispense/dispense-state";
import { isSaleReportBody } from "@visionvend/sdk/device/validators.generated";
import { expect, test } from "vitest";
import { BareHost } from "../../test/bare-host.ts";
import { Delivery, toSaleReportBody } from "./delivery.ts";
import { Rack } from "./rack.ts";

const pins = { motors: [4, 5, 6, 7], home: 2, drop: 1 };

/** A vending machine with four full spirals, one drop sensor, and somebody who writes down what it says. */
class VendingRig extends BareHost {
	readonly beam = new DropSensorChip({ clock: this.clock, output: this.board.net(pins.drop) });
	readonly fallen: number[] = [];
	readonly spirals = pins.motors.map(
		(pin, slot) =>
			new DispenseMotorChip({
				clock: this.clock,
				gate: this.board.net(pin),
				home: this.board.net(pins.home),
				products: 5,
				onDrop: () => {
					this.fallen.push(slot);
					this.beam.fall();
				},
			}),
	);
	readonly said: string[] = [];
	readonly reports: DispenseReport[] = [];
	delivery = this.powerUp();

	powerUp(): Delivery {
		const host = this.host();
		let made: Delivery | undefined;
		this.clock.callback(() => {
			made = new Delivery({
				host,
				deliverer: new Rack(host, pins),
				onExecuted: (saleId) => this.said.push(`executed ${saleId}`),
				onRefused: (saleId, _, reason) => this.said.push(`refused ${saleId} ${reason}`),
				onReport: (report) => this.reports.push(report),
				onService: (state, commandId, reason) => this.said.push(`service ${state} ${commandId} ${reason}`.trim()),
				onChange: () => undefined,
			});
			made.begin();
		});
		this.run(0.01);
		if (made === undefined) throw new Error("The machine has not started.");
		this.delivery = made;
		return made;
	}

	sell(counter: number, slots: readonly number[]): void {
		this.clock.callback(() => this.delivery.dispense(`s${counter}`, counter, slots));
	}
}

test("two goods are delivered one after the other, and reported", () => {
	const rig = new VendingRig();
	rig.sell(1, [2, 0]);
	rig.run(20);
	expect(rig.fallen).toEqual([2, 0]);
	expect(rig.said).toEqual(["executed s1"]);
	expect(rig.reports).toEqual([
		{
			number: 1,
			saleId: "s1",
			counter: 1,
			boot: 1,
			flags: [],
			dispensed: [
				{ slot: 2, outcome: "delivered", reason: "" },
				{ slot: 0, outcome: "delivered", reason: "" },
			],
		},
	]);
	expect(rig.delivery.record).toMatchObject({ phase: "locked", counter: 1, executed: 1 });
	const body = toSaleReportBody(rig.reports[0]!);
	expect(isSaleReportBody(body)).toBe(true);
	expect(body).toMatchObject({ opened: true, shelves: [], flags: [] });
});

test("an empty slot is a refund with its reason, and the next slot is delivered", () => {
	const rig = new VendingRig();
	rig.spirals[1]!.fill(0);
	rig.sell(1, [1, 3]);
	rig.run(40);
	expect(rig.reports[0]?.dispensed).toEqual([
		{ slot: 1, outcome: "failed", reason: "nothing-fell" },
		{ slot: 3, outcome: "delivered", reason: "" },
	]);
});

test("with a dark drop sensor no motor turns", () => {
	const rig = new VendingRig();
	rig.beam.setDirty(true);
	rig.sell(1, [0]);
	rig.run(20);
	expect(rig.reports[0]?.dispensed).toEqual([{ slot: 0, outcome: "failed", reason: "drop-sensor" }]);
	expect(rig.spirals[0]!.turns).toBe(0);
});

test("a slot that the machine does not have is refused, and so is a sale beside another one", () => {
	const rig = new VendingRig();
	rig.sell(1, [4]);
	rig.run(0.1);
	rig.sell(1, [0]);
	rig.sell(2, [1]);
	rig.run(20);
	rig.sell(1, [0]);
	rig.run(1);
	expect(rig.said).toEqual(["refused s1 unknown-slot", "executed s1", "refused s2 busy", "refused s1 counter-used"]);
	expect(rig.fallen).toEqual([0]);
});

test("cut at any time of a sale, nothing is delivered twice, and what is reported as failed never fell", () => {
	for (let cutAfter = 0.002; cutAfter < 9; cutAfter += 0.173) {
		const rig = new VendingRig();
		rig.sell(1, [0, 1]);
		rig.run(cutAfter);
		rig.powerCut();
		rig.run(30);
		const fallen = rig.fallen.slice();
		rig.powerUp();
		rig.run(30);
		expect(rig.fallen).toEqual(fallen);
		expect(rig.delivery.record).toMatchObject({ phase: "locked", counter: 1, executed: 1, session: undefined });
		const report = rig.reports.at(-1)!;
		report.dispensed.forEach(({ slot, outcome }) => {
			if (outcome === "delivered") expect(fallen).toContain(slot);
			if (outcome === "failed") expect(fallen).not.toContain(slot);
		});
		// The same sale again: its counter is used.
		rig.sell(1, [0, 1]);
		rig.run(20);
		expect(rig.fallen).toEqual(fallen);
	}
});

test("reports are sent again after every start until somebody has them", () => {
	const rig = new VendingRig();
	rig.sell(1, [0]);
	rig.run(20);
	rig.powerCut();
	rig.powerUp();
	expect(rig.reports.map(({ number }) => number)).toEqual([1, 1]);
	rig.delivery.acknowledge(1);
	rig.run(0.1);
	rig.powerCut();
	rig.powerUp();
	expect(rig.reports).toHaveLength(2);
});

test("a worn-out store sells nothing, moves nothing, and is tried anew by a restart", () => {
	const rig = new VendingRig();
	rig.writesLeft = 0;
	rig.sell(1, [0]);
	rig.run(29);
	expect(rig.said).toEqual(["refused s1 storage"]);
	expect(rig.delivery.failed).toBe(true);
	expect(rig.fallen).toEqual([]);
	rig.run(2);
	expect(rig.restarts).toBe(1);
});

test("a store that fails in the middle of a sale stops it, and the restart tells what is known", () => {
	const rig = new VendingRig();
	rig.writesLeft = 1;
	rig.sell(1, [0, 1]);
	rig.run(20);
	expect(rig.fallen).toEqual([0]);
	expect(rig.reports).toEqual([]);
	rig.writesLeft = 100;
	rig.powerCut();
	rig.powerUp();
	expect(rig.reports[0]?.dispensed).toEqual([
		{ slot: 0, outcome: "unknown", reason: "power-cut" },
		{ slot: 1, outcome: "failed", reason: "power-cut" },
	]);
});

test("no sale in a service or under the food lock; a service ends by its time", () => {
	const rig = new VendingRig();
	rig.delivery.setHealthLock(true);
	rig.sell(1, [0]);
	rig.run(0.1);
	rig.delivery.setHealthLock(false);
	rig.delivery.startService("fill", 1);
	rig.sell(1, [0]);
	rig.run(59.5);
	expect(rig.delivery.record.phase).toBe("service");
	rig.run(2);
	rig.sell(1, [0]);
	rig.run(20);
	expect(rig.said).toEqual([
		"refused s1 health-lock",
		"service started fill",
		"refused s1 service",
		"service ended fill",
		"executed s1",
	]);
	expect(rig.fallen).toEqual([0]);
});

test("a record that nobody can read sells nothing and stays as it is", () => {
	const rig = new VendingRig();
	rig.stored.set("dispense", "[7]");
	rig.powerCut();
	rig.powerUp();
	rig.sell(9, [0]);
	rig.run(5);
	expect(rig.said).toEqual(["refused s9 fault"]);
	expect(rig.stored.get("dispense")).toBe("[7]");
});

test("after close nobody is called", () => {
	const rig = new VendingRig();
	rig.sell(1, [0]);
	rig.run(0.5);
	rig.delivery.close();
	rig.delivery.close();
	rig.run(60);
	expect(rig.reports).toEqual([]);
});
