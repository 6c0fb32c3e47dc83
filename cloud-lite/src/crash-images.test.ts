import { expect, test } from "vitest";
import { lookAtCrashImages } from "../test/crash-images.ts";

const asked = process.env.VISIONVEND_CRASH_SALES;

test(
	"a power cut at any write of a sale loses nothing that was acknowledged, and leaves no half of anything",
	async () => {
		const tell = (figures: object) => process.stdout.write(`${JSON.stringify(figures)}\n`);
		const figures = await lookAtCrashImages({
			sales: Number(asked ?? 1),
			everyFrame: asked !== undefined,
			...(asked === undefined ? {} : { onProgress: tell }),
		});
		expect(figures.violations).toEqual([]);
		expect(figures.commits).toBeGreaterThan(5);
		expect(figures.images).toBeGreaterThan(figures.commits);
	},
	24 * 3_600_000,
);

test("a disk that says that a commit is kept, and loses it, is found out", async () => {
	const { violations } = await lookAtCrashImages({ sales: 1, everyFrame: false, diskLies: true });
	for (const table of ["events", "journals", "entries", "reports"]) {
		expect(violations).toContainEqual(expect.stringMatching(new RegExp(`\\d ${table} lost$`)));
	}
});
