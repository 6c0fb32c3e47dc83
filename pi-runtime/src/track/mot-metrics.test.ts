import fc from "fast-check";
import { expect, test } from "vitest";
import { moveObjects } from "../../test/moving-objects.ts";
import type { Box } from "./box.ts";
import { formatMot, type MotRow, parseMot } from "./mot-file.ts";
import { evaluateMot } from "./mot-metrics.ts";

function row(frame: number, id: number, box: Box = [0, 0, 10, 10], more: Partial<MotRow> = {}): MotRow {
	return { frame, id, box, confidence: 1, classId: 1, visibility: 1, ...more };
}
const frames = [1, 2, 3, 4];
const still = frames.map((frame) => row(frame, 7));

test("the truth itself is a perfect result, whatever its ids are called", () => {
	expect(
		evaluateMot(
			still,
			frames.map((frame) => row(frame, 99)),
		),
	).toMatchObject({
		mota: 1,
		motp: 1,
		idf1: 1,
		hota: 1,
		detA: 1,
		assA: 1,
		locA: 1,
		falsePositives: 0,
		falseNegatives: 0,
		switches: 0,
		fragmentations: 0,
		mostlyTracked: 1,
		mostlyLost: 0,
	});
});

test("a switch half-way costs one in MOTA, half of IDF1 and half of the association", () => {
	// Each half agrees in 2 of 2 + 4 − 2 = 4 boxes: AssA ½, HOTA √(1 · ½).
	const metrics = evaluateMot(
		still,
		frames.map((frame) => row(frame, frame <= 2 ? 1 : 2)),
	);
	expect(metrics).toMatchObject({
		mota: 0.75,
		idf1: 0.5,
		switches: 1,
		falsePositives: 0,
		falseNegatives: 0,
		detA: 1,
		fragmentations: 0,
	});
	expect(metrics.assA).toBeCloseTo(0.5, 12);
	expect(metrics.hota).toBeCloseTo(Math.SQRT1_2, 12);
});

test("boxes that agree by .8 match in 16 of 19 strictnesses of HOTA and fully elsewhere", () => {
	const metrics = evaluateMot(
		still,
		frames.map((frame) => row(frame, 1, [0, 0, 10, 8])),
	);
	expect(metrics).toMatchObject({ mota: 1, idf1: 1 });
	expect(metrics.motp).toBeCloseTo(0.8, 12);
	// The three strictest match nothing; TrackEval counts their place as exact.
	expect(metrics.detA).toBeCloseTo(16 / 19, 12);
	expect(metrics.hota).toBeCloseTo(16 / 19, 12);
	expect(metrics.locA).toBeCloseTo((16 * 0.8 + 3) / 19, 12);
});

test("boxes that agree by less than ½ are a miss and a false one each", () => {
	expect(
		evaluateMot(
			still,
			frames.map((frame) => row(frame, 1, [0, 0, 10, 4])),
		),
	).toMatchObject({
		mota: -1,
		motp: 0,
		idf1: 0,
		falsePositives: 4,
		falseNegatives: 4,
		mostlyLost: 1,
	});
});

test("a gap is a fragmentation and no switch when the id returns", () => {
	const other = row(2, 5, [50, 50, 60, 60]);
	expect(evaluateMot([...still, other], [row(1, 1), { ...other, id: 2 }, row(3, 1), row(4, 1)])).toMatchObject({
		falseNegatives: 1,
		switches: 0,
		fragmentations: 1,
		mota: 0.8,
	});
});

test("a frame in which nothing was found counts its misses", () => {
	expect(evaluateMot(still, [row(1, 1), row(4, 1)])).toMatchObject({
		falseNegatives: 2,
		switches: 0,
		mota: 0.5,
		frames: 4,
	});
	expect(evaluateMot(still, [])).toMatchObject({ falseNegatives: 4, mota: 0, idf1: 0, hota: 0 });
});

test("a matched pair stays together though another box fits better", () => {
	const truth = [row(1, 1), row(2, 1)];
	const result = [row(1, 1), row(2, 1, [0, 0, 10, 7]), row(2, 2)];
	expect(evaluateMot(truth, result)).toMatchObject({ switches: 0, falsePositives: 1 });
});

test("rows with confidence 0 and other classes are not asked for", () => {
	const more = [row(1, 8, [40, 0, 50, 10], { confidence: 0 }), row(1, 9, [80, 0, 90, 10], { classId: 3 })];
	expect(evaluateMot([...still, ...more], still)).toMatchObject({ mota: 1, truthBoxes: 4 });
	// Found all the same, they are false, as TrackEval has it …
	expect(evaluateMot([...still, ...more], [...still, ...more]).falsePositives).toBe(2);
});

test("what was found on a distractor is neither right nor wrong", () => {
	const distractor = row(1, 8, [40, 0, 50, 10], { confidence: 0, classId: 8 });
	expect(evaluateMot([...still, distractor], [...still, distractor])).toMatchObject({
		mota: 1,
		falsePositives: 0,
		resultBoxes: 4,
	});
});

test("an id twice in a frame is refused", () => {
	expect(() => evaluateMot([row(3, 7), row(3, 7)], [])).toThrow("Frame 3 of the truth has the id 7 twice.");
	expect(() => evaluateMot(still, [row(2, 1), row(2, 1)])).toThrow("Frame 2 of the result has the id 1 twice.");
});

/** Detections that are named by their place in the list, so that names jump whenever one is missed. */
function jumpingNames(seed: number) {
	const { truth, frames: seen } = moveObjects({ seed, count: 10, frames: 120 });
	const result = seen.flatMap((detections, index) =>
		detections.map(({ box, score }, place) =>
			formatMot({ frame: index + 1, id: place + (index >= 60 ? 4 : 1), box, confidence: score }),
		),
	);
	return {
		truth: parseMot(truth.map((one) => formatMot(one)).join("\n"), "gt.txt"),
		result: parseMot(result.join("\n"), "result.txt"),
	};
}

test("a poor result scores as TrackEval 1.3.0 and py-motmetrics 1.4.0 score it", () => {
	const { truth, result } = jumpingNames(4);
	const metrics = evaluateMot(truth, result);
	expect(metrics).toMatchObject({
		falsePositives: 35,
		falseNegatives: 97,
		switches: 326,
		fragmentations: 59,
		mostlyTracked: 8,
		partlyTracked: 2,
		mostlyLost: 0,
	});
	const published = {
		mota: 0.5292908530318602,
		motp: 0.9069671327489828,
		idf1: 0.35456475583864117,
		idPrecision: 0.36663007683863885,
		idRecall: 0.3432682425488181,
		hota: 0.3575154944542132,
		detA: 0.7882410747647102,
		assA: 0.16240707548817904,
		locA: 0.9094870617328342,
	} as const;
	for (const [name, value] of Object.entries(published)) {
		expect(metrics[name as keyof typeof published], name).toBeCloseTo(value, 12);
	}
});

test("renaming tracks and mixing rows changes nothing", () => {
	const { truth, result } = jumpingNames(9);
	const expected = evaluateMot(truth, result);
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.infiniteStream(fc.nat()), (offset, order) => {
			const mixed = result
				.map((one) => ({ one: { ...one, id: one.id * 3 + offset }, at: order.next().value }))
				.sort((a, b) => a.at - b.at)
				.map(({ one }) => one);
			const metrics = evaluateMot(truth, mixed);
			for (const name of ["mota", "idf1", "hota", "assA"] as const)
				expect(metrics[name]).toBeCloseTo(expected[name], 9);
		}),
		{ numRuns: 5 },
	);
});
