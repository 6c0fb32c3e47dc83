import { expect, test } from "vitest";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { coffeeCatalogue } from "../world/demo-catalogue.ts";
import { deliveredOf } from "./delivered.ts";

const [espresso, coffee, hotWater] = [0, 1, 2];
const key = { kid: "cloud-controller.1", key: "A".repeat(43) };
const recipes =
	demoControllerConfiguration("m1", { receive: key, send: key }, { kind: "coffee" }).coffee?.recipes ?? [];

function delivered(pours: readonly number[], ordered: readonly number[]) {
	const millilitres = pours.reduce((sum, pour) => sum + pour, 0);
	return deliveredOf({ millilitres, pours }, ordered, recipes, coffeeCatalogue);
}

test("drinks that have come are those whose runs of the pump are there", () => {
	expect(delivered([40.5], [espresso])).toEqual({ skus: ["espresso"], cents: 180, isPartial: false });
	expect(delivered([74.7, 75.3, 200.5], [coffee, hotWater])).toEqual({
		skus: ["coffee", "hot-water"],
		cents: 270,
		isPartial: false,
	});
});

test("water of the second drink is no first drink that was given up before it ran", () => {
	expect(delivered([200.5], [espresso, hotWater])).toEqual({ skus: ["hot-water"], cents: 50, isPartial: false });
});

test("a drink that was given up while it ran is a part of something, and the next one is whole", () => {
	expect(delivered([22, 200.5], [espresso, hotWater])).toEqual({ skus: ["hot-water"], cents: 50, isPartial: true });
	expect(delivered([75], [coffee])).toEqual({ skus: [], cents: 0, isPartial: true });
});

test("a pump that ran for far too long has made nothing that was ordered", () => {
	expect(delivered([80], [espresso])).toEqual({ skus: [], cents: 0, isPartial: true });
});

test("drops are nothing", () => {
	expect(delivered([1.5], [espresso])).toEqual({ skus: [], cents: 0, isPartial: false });
});
