import fc from "fast-check";
import { expect, test } from "vitest";
import { shrink } from "./shrink.ts";

const namesArbitrary = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 12 });

test("what is left is exactly what the broken promise needs, in one try for each name", async () => {
	await fc.assert(
		fc.asyncProperty(namesArbitrary, fc.infiniteStream(fc.boolean()), async (names, chance) => {
			const needed = new Set(names.filter(() => chance.next().value));
			let tries = 0;
			const without = await shrink(names, async (left) => {
				tries++;
				return left.every((name) => !needed.has(name));
			});
			expect(names.filter((name) => !without.includes(name))).toEqual(names.filter((name) => needed.has(name)));
			expect(tries).toBe(names.length);
		}),
	);
});

test("of two faults of which either is enough one is left", async () => {
	const without = await shrink(["power-cut", "pi-killed"], async (left) => left.length < 2);
	expect(without).toEqual(["power-cut"]);
});
