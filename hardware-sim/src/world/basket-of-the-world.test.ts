import { decideBasket } from "@visionvend/sdk/basket/decide-basket";
import { describe, expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "./demo-catalogue.ts";
import { Fridge } from "./fridge.ts";
import { Shopper } from "./shopper.ts";

const twins = new Set(["orange-juice", "apple-juice", "chicken-sandwich", "egg-sandwich"]);
/** What a median of ten samples leaves of the scale's noise, milligrams. */
const readingNoiseMilligrams = 350;

/** Lets a shopper do something, and decides from what perfect firmware would report. */
function decide(seed: number, story: (shopper: Shopper, pass: () => void) => void) {
	const clock = new SimulationClock();
	const random = new SeededRandom(seed);
	const loads: number[] = [];
	const hardware = {
		setLoad: (shelf: number, milligrams: number) => {
			loads[shelf] = milligrams;
		},
		setMagnet: () => undefined,
		boltReleased: true,
		onBoltChange: () => undefined,
	};
	const fridge = new Fridge({ clock, random, hardware, products: demoCatalogue });
	const shopper = new Shopper({ fridge, clock });
	const pass = () => clock.run(1_000_000_000);
	const read = () => loads.map((load) => Math.round(load + readingNoiseMilligrams * random.gaussian()));
	const before = read();
	shopper.open();
	pass();
	story(shopper, pass);
	shopper.close();
	pass();
	pass();
	const after = read();
	const decision = decideBasket({
		products: demoCatalogue,
		flags: [],
		shelves: before.map((baselineMilligrams, shelf) => ({
			shelf,
			baselineMilligrams,
			finalMilligrams: after[shelf] ?? 0,
			spreadMilligrams: 1_000,
		})),
	});
	return { decision, fridge };
}

function takenItems(fridge: Fridge): { sku: string; quantity: number }[] {
	const counts = new Map<string, number>();
	for (const unit of fridge.taken()) counts.set(unit.sku, (counts.get(unit.sku) ?? 0) + 1);
	return [...counts].map(([sku, quantity]) => ({ sku, quantity })).sort((one, other) => (one.sku < other.sku ? -1 : 1));
}

describe("from the weights of the demo fridge", () => {
	const clear = demoCatalogue.filter((product) => !twins.has(product.sku)).map((product) => product.sku);

	test.each(clear)("%s is recognised, alone and with any second thing", (sku) => {
		for (const [index, second] of [undefined, ...clear].entries()) {
			const { decision, fridge } = decide(index + 1, (shopper, pass) => {
				shopper.take(sku);
				pass();
				if (second !== undefined) shopper.take(second);
				pass();
			});
			expect(decision, `${sku} and ${second}`).toMatchObject({ kind: "settle", items: takenItems(fridge) });
		}
	});

	test.each([...twins])("%s is a case for review", (sku) => {
		for (const seed of [1, 2, 3]) {
			const { decision } = decide(seed, (shopper, pass) => {
				shopper.take(sku);
				pass();
			});
			expect(decision).toMatchObject({ kind: "review", reason: "ambiguous-weight" });
		}
	});

	test("what is put back, on whichever shelf, is not charged", () => {
		for (const [seed, sku] of clear.entries()) {
			const { decision } = decide(seed, (shopper, pass) => {
				const unit = shopper.take(sku);
				pass();
				shopper.putBack(unit, (unit.homeShelf + (seed % 4)) % 4);
				pass();
			});
			expect(decision, sku).toMatchObject({ kind: "settle", items: [] });
		}
	});

	test("a stone in place of a cola is never taken for nothing", () => {
		for (let seed = 1; seed <= 20; seed += 1) {
			const { decision } = decide(seed, (shopper, pass) => {
				const cola = shopper.take("cola");
				pass();
				shopper.place({ name: "stone", milligrams: cola.milligrams - 8_000 - seed * 1_000 }, 0);
				pass();
			});
			expect(decision.kind, `stone ${8 + seed} g lighter`).toBe("review");
		}
	});
});
