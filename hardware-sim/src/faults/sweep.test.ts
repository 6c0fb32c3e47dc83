import { expect, test } from "vitest";
import { scenario } from "../language/scenario.ts";
import { chooseFaults, faults } from "./catalogue.ts";
import { type Fault, fault, faultLayers, nothing } from "./fault.ts";
import { stuck } from "./net-faults.ts";
import { sweep, sweepTable } from "./sweep.ts";

const visit = scenario("takes a cola", { seed: 7 }, async (s) => {
	await s.unlock();
	await s.door.open();
	await s.shopper.take("cola");
	await s.door.close();
	await s.expect.within("5s", { receipt: [{ sku: "cola", quantity: 1 }] });
});

test("every layer has faults, and every fault is frozen and has a name of its own", () => {
	expect(new Set(faults.map(({ layer }) => layer))).toEqual(new Set(faultLayers));
	expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
	for (const one of faults) expect(Object.isFrozen(one), one.name).toBe(true);
	expect(chooseFaults(["power", "brown-out"]).map(({ layer }) => layer)).toEqual(["power", "power", "power"]);
	expect(() => chooseFaults(["brown-uot"])).toThrow('did you mean "brown-out"?');
});

test("a fault of each layer at each step breaks no promise, and twice the same table comes out", async () => {
	const some = chooseFaults([
		"hall_sensor-bounce",
		"oled-nack-data",
		"hx711_0-freeze",
		"cloud-killed",
		"brown-out-at-the-coil",
		"shelf-0-drift",
		"wrong-shelf",
		"link-loss",
	]);
	expect(new Set(some.map(({ layer }) => layer)).size).toBe(8);
	const result = await sweep(visit, some);
	expect(result.cells.filter(({ verdict }) => verdict !== "kept")).toEqual([]);
	expect(result.cells).toHaveLength(8 * 4);
	expect(await sweep(visit, some.slice(3, 4))).toEqual({
		...result,
		cells: result.cells.filter(({ fault: name }) => name === "cloud-killed"),
	});
	expect(sweepTable(result)[4]).toMatch(/^cloud-killed +· {3}· {3}· {3}·$/);
});

const theft: Fault = fault(
	"world",
	"hole-in-the-wall",
	"a cola falls out at the back, and nobody opened the door",
	({ machine }) => {
		machine.board.clock.after(25e9, () => {
			const cola = machine.fridge.units.find((unit) => machine.fridge.placeOf(unit)?.number === 0);
			if (cola) machine.fridge.shelf(0).lift(cola);
		});
		return nothing;
	},
);

test("what is gone and not charged is a broken promise; what is beyond software is excused", async () => {
	const shorted = stuck("lock_coil", 1);
	const tap = scenario("nobody opens", { seed: 7 }, async (s) => {
		await s.unlock();
	});
	const { cells } = await sweep(tap, [
		theft,
		Object.freeze({ ...shorted, usualMs: 8_000 }),
		Object.freeze({ ...shorted, name: "coil-on", usualMs: 8_000, beyondSoftware: [] } satisfies Fault),
		stuck("tof_interrupt", 0),
	]);
	const last = (name: string) => cells.find((cell) => cell.fault === name);
	expect(last("hole-in-the-wall")).toMatchObject({
		verdict: "broken",
		broken: [{ promise: 2, what: "0 cents charged, 200 cents are gone" }],
	});
	expect(last("lock_coil-stuck-high")?.verdict).toBe("excused");
	expect(last("coil-on")).toMatchObject({ verdict: "broken", broken: [{ promise: 4 }] });
	expect(last("tof_interrupt-stuck-low")?.verdict).toBe("not-here");
});

test("a step that a fault keeps from being reached is not counted as kept, and what fails anyway is told", async () => {
	let plays = 0;
	const fickle = scenario("opens the door once only", { seed: 7 }, async (s) => {
		await s.expect.lock("open");
		await s.pass("1s");
		if (++plays === 1) await s.pass("2s");
	});
	const result = await sweep(fickle, chooseFaults(["oled-reset"]));
	expect(result.cells.map(({ step, verdict }) => [step, verdict])).toEqual([
		[2, "kept"],
		[3, "not-here"],
	]);
	expect(result.failsAnyway).toEqual(['step 1: lock: "shut"']);
	expect(sweepTable(result)).toContain('fails without any fault: step 1: lock: "shut"');
});
