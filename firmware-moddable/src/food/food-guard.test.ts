import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { expect, test } from "vitest";
import { BareHost } from "../../test/bare-host.ts";
import { FoodGuard } from "./food-guard.ts";

const configuration = { receive: 41, transmit: 40, limitCentidegrees: 500 };
const minute = 60;

class FoodRig extends BareHost {
	readonly chip: DS18B20Chip;
	/** Why it locked, and at which second of all. */
	readonly locks: { reason: string; atSeconds: number }[] = [];
	readonly readings: (number | undefined)[] = [];
	guard: FoodGuard;

	constructor(celsius: number) {
		super();
		const bus = this.board.net(41);
		this.board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock: this.clock, bus }));
		this.chip = new DS18B20Chip({ clock: this.clock, bus });
		this.chip.setCelsius(celsius);
		this.guard = this.powerUp();
	}

	powerUp(): FoodGuard {
		const host = this.host();
		let made: FoodGuard | undefined;
		this.clock.callback(() => {
			made = new FoodGuard({
				host,
				configuration,
				onLock: (reason) => this.locks.push({ reason, atSeconds: Math.round(this.clock.now / 1e9) }),
				onTemperature: (centidegrees) => this.readings.push(centidegrees),
			});
			made.begin();
		});
		this.run(0.001);
		if (made === undefined) throw new Error("The guard has not started.");
		this.guard = made;
		return made;
	}
}

test("cold food sells, and its temperature is told every five seconds", () => {
	const rig = new FoodRig(4);
	rig.run(minute);
	expect(rig.locks).toEqual([{ reason: "", atSeconds: 0 }]);
	expect(rig.readings.length).toBeGreaterThanOrEqual(11);
	expect(new Set(rig.readings)).toEqual(new Set([400]));
	expect(rig.guard.centidegrees).toBe(400);
});

test("it locks 15 minutes after the food got warm, within 10 s, and a person unlocks once it is cold", () => {
	const rig = new FoodRig(4);
	rig.run(10 * minute);
	rig.chip.setCelsius(5.125);
	rig.run(16 * minute);
	expect(rig.locks.map(({ reason }) => reason)).toEqual(["", "warm"]);
	expect(Math.abs(rig.locks[1]!.atSeconds - 25 * minute)).toBeLessThanOrEqual(10);
	expect(rig.guard.clear()).toBe("still-warm");
	rig.chip.setCelsius(4);
	rig.run(6);
	expect(rig.guard.reason).toBe("warm");
	expect(rig.guard.clear()).toBe("");
	expect(rig.guard.reason).toBe("");
	expect(rig.guard.clear()).toBe("not-locked");
});

test("it locks 30 minutes after the door has closed, within 10 s", () => {
	const rig = new FoodRig(4);
	rig.run(5 * minute);
	rig.chip.setCelsius(9);
	rig.run(minute);
	rig.guard.doorClosed();
	rig.run(31 * minute);
	expect(rig.locks[1]?.reason).toBe("warm");
	expect(Math.abs(rig.locks[1]!.atSeconds - 36 * minute)).toBeLessThanOrEqual(10);
});

test("a thermometer that comes off locks within 70 s, and its return lifts that", () => {
	const rig = new FoodRig(4);
	rig.run(2 * minute);
	rig.chip.setConnected(false);
	rig.run(70);
	expect(rig.guard.reason).toBe("thermometer");
	expect(rig.guard.faults).toEqual(["thermometer"]);
	expect(rig.guard.centidegrees).toBeUndefined();
	rig.chip.setConnected(true);
	rig.run(10);
	expect(rig.guard.reason).toBe("");
	expect(rig.guard.faults).toEqual([]);
});

test("readings with a wrong CRC are no readings", () => {
	const rig = new FoodRig(4);
	rig.run(minute);
	rig.chip.breakCrc = true;
	rig.run(70);
	expect(rig.guard.reason).toBe("thermometer");
});

test("warm time goes on over a power cut, and the lock stays locked over the next one", () => {
	const rig = new FoodRig(7);
	rig.run(10 * minute);
	rig.powerCut();
	rig.powerUp();
	rig.run(4 * minute);
	expect(rig.guard.reason).toBe("");
	rig.run(1.2 * minute);
	expect(rig.guard.reason).toBe("warm");
	rig.powerCut();
	rig.chip.setCelsius(3);
	rig.powerUp();
	rig.run(minute);
	expect(rig.guard.reason).toBe("warm");
});

test("a store that takes nothing locks until it does", () => {
	const rig = new FoodRig(4);
	rig.run(10);
	rig.writesLeft = 0;
	rig.chip.setCelsius(8);
	rig.run(20);
	expect(rig.guard.reason).toBe("storage");
	rig.writesLeft = 1_000;
	rig.run(10);
	expect(rig.guard.reason).toBe("");
});

test("after close nobody is called", () => {
	const rig = new FoodRig(8);
	rig.run(minute);
	rig.guard.close();
	rig.guard.close();
	const readings = rig.readings.length;
	rig.run(20 * minute);
	expect(rig.readings).toHaveLength(readings);
	expect(rig.locks).toHaveLength(1);
});
