import { z } from "zod";
import { didYouMean } from "../did-you-mean.ts";
import { expectedSchema, look } from "../expectations.ts";
import { ExpectationError } from "../failure.ts";
import { type Complaint, defineStep } from "../step-kind.ts";
import { durationSchema, millisecondsOf } from "../units.ts";

/** A person who waits looks this often. */
const glanceMs = 250;

export const expect = defineStep(
	"expect",
	"Something is so: now, or within a time.",
	z.strictObject({
		expect: expectedSchema,
		within: durationSchema
			.optional()
			.meta({ description: "All of it holds at one moment within this time. Now where not given." }),
	}),
	async (play, { expect: expected, within }) => {
		const { stage } = play;
		const endMs = stage.atMs + (within === undefined ? 0 : millisecondsOf(within));
		for (;;) {
			const findings = await look(play, expected);
			const missing = findings.filter(({ finding }) => !finding.holds);
			if (missing.length === 0) return;
			const leftMs = endMs - stage.atMs;
			if (leftMs <= 0)
				throw new ExpectationError(
					missing.map(({ name, wanted, finding }) => ({ name, wanted, seen: finding.seen })),
					within,
				);
			await play.pass(Math.min(glanceMs, leftMs));
		}
	},
	({ expect: expected }, { products }): Complaint[] => {
		if (Object.keys(expected).length === 0)
			return [{ path: ["expect"], message: `Expect something, as { "lock": "shut" }.` }];
		const skus = products.map(({ sku }) => sku);
		return (["receipt", "gone"] as const).flatMap((list) =>
			itemsOf(expected[list]).flatMap((sku, index) =>
				skus.includes(sku)
					? []
					: [
							{
								path: ["expect", list, index, "sku"],
								message: `There is no product "${sku}" in this machine${didYouMean(sku, skus)}`,
							},
						],
			),
		);
	},
);

function itemsOf(list: unknown): string[] {
	const parsed = z.array(z.object({ sku: z.string() })).safeParse(list);
	return parsed.success ? parsed.data.map(({ sku }) => sku) : [];
}
