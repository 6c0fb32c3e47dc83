import { beforeEach, describe, expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "./demo-catalogue.ts";
import { Fridge, type FridgeOptions } from "./fridge.ts";
import type { FridgeHardware } from "./fridge-hardware.ts";
import { Shopper } from "./shopper.ts";

const ms = 1_000_000;

/** Sensors and lock without electronics: they keep what the world tells them. */
class BareHardware implements FridgeHardware {
	readonly loads: number[] = [];
	readonly magnet: boolean[] = [];
	#released = false;
	readonly #listeners: ((released: boolean) => void)[] = [];

	setLoad(shelf: number, milligrams: number): void {
		this.loads[shelf] = milligrams;
	}

	setMagnet(near: boolean): void {
		this.magnet.push(near);
	}

	get boltReleased(): boolean {
		return this.#released;
	}

	onBoltChange(listener: (released: boolean) => void): void {
		this.#listeners.push(listener);
	}

	bolt(released: boolean): void {
		this.#released = released;
		for (const listener of this.#listeners) listener(released);
	}
}

let clock: SimulationClock;
let hardware: BareHardware;
let fridge: Fridge;
let shopper: Shopper;

function build(more: Partial<FridgeOptions> = {}): void {
	clock = new SimulationClock();
	hardware = new BareHardware();
	fridge = new Fridge({ clock, random: new SeededRandom(1), hardware, products: demoCatalogue, ...more });
	shopper = new Shopper({ fridge, clock });
}

beforeEach(() => build());

const pass = (durationMs: number) => clock.run(durationMs * ms);
const masses = () => fridge.shelves.map((shelf) => shelf.massMilligrams);

function enter(): void {
	hardware.bolt(true);
	expect(shopper.open()).toBe(true);
	pass(1_000);
	hardware.bolt(false);
}

describe("the fridge", () => {
	test("is filled with units that each weigh their own, inside the tolerance", () => {
		expect(fridge.units).toHaveLength(demoCatalogue.length * 6);
		for (const product of demoCatalogue) {
			const units = fridge.units.filter((unit) => unit.sku === product.sku);
			expect(new Set(units.map((unit) => unit.milligrams)).size).toBeGreaterThan(1);
			for (const unit of units) {
				expect(Math.abs(unit.milligrams - product.massMilligrams)).toBeLessThanOrEqual(product.toleranceMilligrams);
			}
		}
		expect(hardware.loads).toEqual(masses());
		expect(hardware.magnet).toEqual([true]);
	});

	test("is filled the same for the same seed, and a new product does not change the others", () => {
		const before = fridge.units.map((unit) => unit.milligrams);
		build({ products: [...demoCatalogue, { ...demoCatalogue[0]!, sku: "new" }] });
		expect(fridge.units.slice(0, before.length).map((unit) => unit.milligrams)).toEqual(before);
	});

	test("has load cells that wander slowly when told to", () => {
		build({ driftMilligramsPerMinute: 500 });
		const before = [...hardware.loads];
		pass(10 * 60_000);
		const wandered = hardware.loads.map((load, shelf) => Math.abs(load - (before[shelf] ?? 0)));
		expect(Math.max(...wandered)).toBeGreaterThan(100);
		expect(Math.max(...wandered)).toBeLessThan(50_000);
		expect(hardware.loads).not.toEqual(masses());
		fridge.close();
		expect(clock.nextAt).toBeUndefined();
	});
});

describe("the door", () => {
	test("stays shut while the bolt is out", () => {
		expect(shopper.open()).toBe(false);
		pass(5_000);
		expect(fridge.door).toMatchObject({ open: false, latched: true, angleDegrees: 0 });
		expect(fridge.journal).toEqual([]);
	});

	test("opens while the bolt is held back, and the magnet leaves at two degrees", () => {
		hardware.bolt(true);
		expect(shopper.open()).toBe(true);
		pass(15);
		expect(fridge.door.open).toBe(false);
		pass(1);
		expect(fridge.door.open).toBe(true);
		expect(hardware.magnet).toEqual([true, false]);
		pass(700);
		expect(fridge.door.angleDegrees).toBe(90);
		expect(shopper.busy).toBe(false);
	});

	test("latches when it falls shut, also while the bolt is out", () => {
		enter();
		shopper.close();
		pass(800);
		expect(hardware.magnet).toEqual([true, false]);
		pass(200);
		expect(hardware.magnet).toEqual([true, false, true]);
		expect(fridge.door.latched).toBe(true);
		expect(shopper.open()).toBe(false);
		expect(fridge.journal.map((action) => action.event)).toEqual([
			"bolt back",
			"door opened",
			"bolt out",
			"door closed",
		]);
	});

	test("caught before it is shut opens again without the bolt", () => {
		enter();
		shopper.close();
		pass(890);
		expect(fridge.door.open).toBe(false);
		expect(fridge.door.latched).toBe(false);
		expect(shopper.open()).toBe(true);
		pass(1_000);
		expect(fridge.door.open).toBe(true);
		expect(hardware.magnet).toEqual([true, false, true, false]);
	});

	test("gives way to force, and says so", () => {
		shopper.force();
		pass(1_000);
		expect(fridge.door.open).toBe(true);
		expect(fridge.journal.map(({ event }) => event)).toEqual(["door forced"]);
	});

	test("shakes the shelves when it falls shut, and they come to rest within half a second", () => {
		enter();
		shopper.close();
		pass(901);
		expect(hardware.loads).not.toEqual(masses());
		pass(500);
		expect(hardware.loads).toEqual(masses());
		expect(clock.nextAt).toBeUndefined();
	});
});

describe("the shopper", () => {
	test("takes a unit, and the shelf loses exactly its mass after the hand has left", () => {
		enter();
		const [before = 0] = hardware.loads;
		const unit = shopper.take("cola");
		expect(hardware.loads[0]).toBeGreaterThan(before);
		expect(shopper.busy).toBe(true);
		pass(100);
		expect(hardware.loads[0]).toBeLessThan(before);
		pass(200);
		expect(shopper.busy).toBe(false);
		expect(before - (hardware.loads[0] ?? 0)).toBe(unit.milligrams);
		expect(fridge.taken()).toEqual([unit]);
		expect(fridge.priceOfTaken()).toBe(200);
		const { sku, name, milligrams } = unit;
		expect(fridge.journal.at(-1)).toMatchObject({ event: "took", fields: { sku, name, milligrams, shelf: 0 } });
	});

	test("puts it back on another shelf, and nothing is gone", () => {
		enter();
		const before = [...hardware.loads];
		const unit = shopper.take("cola");
		pass(1_000);
		shopper.putBack(unit, 2);
		pass(1_000);
		expect(hardware.loads.map((load, shelf) => load - (before[shelf] ?? 0))).toEqual([
			-unit.milligrams,
			0,
			unit.milligrams,
			0,
		]);
		expect(fridge.taken()).toEqual([]);
		expect(fridge.placeOf(unit)?.number).toBe(2);
		expect(shopper.take("cola")).not.toBe(unit);
		expect(() => shopper.putBack(unit)).toThrow("already");
	});

	test("leaves a stone for a cola, which stays taken", () => {
		enter();
		const [before = 0] = hardware.loads;
		const cola = shopper.take("cola");
		pass(1_000);
		const stone = { name: "stone", milligrams: cola.milligrams - 12_000 };
		shopper.place(stone, 0);
		pass(1_000);
		expect(fridge.placeOf(stone)?.number).toBe(0);
		expect(fridge.taken()).toEqual([cola]);
		expect(before - (hardware.loads[0] ?? 0)).toBe(12_000);
	});

	test("cannot reach through a door that is not open, nor take what is sold out", () => {
		expect(() => shopper.take("cola")).toThrow("Nobody can reach");
		enter();
		for (let count = 0; count < 6; count += 1) shopper.take("cola");
		expect(() => shopper.take("cola")).toThrow("no cola");
		expect(() => shopper.place({ name: "stone", milligrams: 1 }, 9)).toThrow("shelves 0 to 3");
	});
});
