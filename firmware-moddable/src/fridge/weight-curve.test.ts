import type { WeightCurveBody } from "@visionvend/sdk/device/messages";
import { isWeightCurveBody } from "@visionvend/sdk/device/validators.generated";
import { expect, test } from "vitest";
import { BareHost } from "../../test/bare-host.ts";
import { WeightCurve } from "./weight-curve.ts";

/** A curve whose messages leave when `leave` is called. */
function curve() {
	const bare = new BareHost();
	const waiting: (() => WeightCurveBody)[] = [];
	const weights = new WeightCurve({ host: bare.host(), saleId: "sale-1", send: (body) => waiting.push(body) });
	const add = (shelf: number, grams: number, stable = true) => {
		bare.run(0.5);
		weights.add(shelf, { milligrams: grams * 1_000, spreadMilligrams: stable ? 900 : 50_000, stable });
	};
	const leave = () => {
		const [body, another] = waiting.splice(0);
		expect(another).toBeUndefined();
		return body?.();
	};
	return { add, leave };
}

test("a level is told once, and again when the shelf moves or comes to rest elsewhere", () => {
	const { add, leave } = curve();
	for (const grams of [500, 500.6, 499.1]) add(2, grams);
	expect(leave()?.points).toMatchObject([{ shelf: 2, milligrams: 500_000, stable: true }]);
	add(2, 460, false);
	add(2, 145);
	add(2, 145.2);
	expect(leave()?.points.map(({ milligrams, stable }) => [milligrams, stable])).toEqual([
		[460_000, false],
		[145_000, true],
	]);
	expect(leave()).toBeUndefined();
});

test("while the wire is slow one message waits, and shelves in motion make room for shelves at rest", () => {
	const { add, leave } = curve();
	for (let index = 0; index < 40; index += 1) add(index % 4, 1_000 - 10 * index, index % 3 === 0);
	const body = leave();
	expect(isWeightCurveBody(body)).toBe(true);
	expect(body?.points).toHaveLength(12);
	expect(body?.points.every(({ stable }) => stable)).toBe(true);
	expect(body?.points.at(-1)).toMatchObject({ shelf: 3, milligrams: 610_000 });
});
