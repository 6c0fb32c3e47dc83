import { expect, test } from "vitest";
import type { Detection } from "../detect/detection.ts";
import type { Box } from "../track/box.ts";
import { defaultEventSettings } from "./event-settings.ts";
import { changesBetween } from "./scene-change.ts";
import { standingScene } from "./standing-scene.ts";

const labels = ["cola", "water", "hand"];

/** Six still pictures of these things; a third word is the part of them in which a thing is seen. */
function scene(...things: readonly (readonly [label: string, box: Box, presence?: number])[]) {
	const frames = Array.from({ length: 6 }, (_, frame) => ({
		camera: 0,
		atMs: frame * 66,
		width: 1_280,
		height: 720,
		detections: things
			.filter(([, , presence = 1]) => frame < presence * 6)
			.map(
				([label, box]): Detection => ({
					label,
					score: 0.9,
					box: [box[0] + (frame % 2), box[1], box[2] + (frame % 2), box[3]],
				}),
			),
	}));
	return standingScene(frames, labels, defaultEventSettings);
}

const told = (changes: ReturnType<typeof changesBetween>) =>
	changes.map(
		({ kind, thing }) =>
			`${kind} ${labels[thing.classes.indexOf(Math.max(...thing.classes))]} at ${10 * Math.round(thing.box[0] / 10)}`,
	);

// A row of three: the front one whole, of the others what stands out above it.
const front: Box = [100, 200, 180, 350];
const second: Box = [103, 180, 177, 200];
const secondWhole: Box = [103, 180, 177, 325];
const third: Box = [106, 162, 174, 180];
const thirdWhole: Box = [106, 162, 174, 302];

test("the same scene has not changed", () => {
	const row = scene(["cola", front], ["cola", second], ["water", [400, 100, 470, 340]]);
	expect(changesBetween(row, row)).toEqual([]);
});

test("the front unit of a row is gone, and the one behind it is no new one", () => {
	const before = scene(["cola", front], ["cola", second]);
	expect(told(changesBetween(before, scene(["cola", secondWhole], ["cola", third])))).toEqual(["removed cola at 100"]);
	// … nor is one that could not be seen before.
	expect(told(changesBetween(scene(["cola", front]), scene(["cola", secondWhole])))).toEqual(["removed cola at 100"]);
});

test("a unit that is put before a row is new, and hides what is not gone", () => {
	const after = scene(["cola", front], ["cola", second]);
	expect(told(changesBetween(scene(["cola", secondWhole], ["cola", third]), after))).toEqual(["added cola at 100"]);
	expect(told(changesBetween(scene(["cola", secondWhole]), scene(["cola", front])))).toEqual(["added cola at 100"]);
});

// Of a can behind two bottles of water its upper part is seen, between and above them.
const bottles: readonly (readonly [string, Box])[] = [
	["water", [380, 170, 440, 340]],
	["water", [445, 170, 505, 340]],
];
const behind: Box = [410, 110, 470, 185];

test("a thing that was put behind others of another kind is new, and gone when it is taken from there", () => {
	const before = scene(...bottles);
	const after = scene(...bottles, ["cola", behind]);
	expect(told(changesBetween(before, after))).toEqual(["added cola at 410"]);
	expect(told(changesBetween(after, before))).toEqual(["removed cola at 410"]);
});

test("a thing behind others that was hidden before is not new", () => {
	const hiding: readonly (readonly [string, Box])[] = [...bottles, ["water", [405, 100, 475, 300]]];
	const changes = changesBetween(scene(...hiding), scene(...bottles, ["cola", behind]));
	expect(told(changes).filter((change) => change.startsWith("added"))).toEqual([]);
});

test("two units of a row are gone", () => {
	const before = scene(["cola", front], ["cola", second], ["cola", third]);
	expect(told(changesBetween(before, scene(["cola", thirdWhole])))).toEqual([
		"removed cola at 100",
		"removed cola at 100",
	]);
});

test("a neighbour that shows its side now is the same", () => {
	const before = scene(["water", [180, 150, 250, 350]], ["cola", front]);
	expect(told(changesBetween(before, scene(["water", [160, 150, 250, 350]])))).toEqual(["removed cola at 100"]);
});

test("what is seen now and then is neither gone nor new", () => {
	const flickering = scene(["water", [400, 100, 470, 340]], ["cola", front, 0.4]);
	const without = scene(["water", [400, 100, 470, 340]]);
	expect(changesBetween(flickering, without)).toEqual([]);
	expect(changesBetween(without, flickering)).toEqual([]);
});

test("what a hand hides is not gone", () => {
	const before = scene(["cola", front], ["water", [400, 100, 470, 340]]);
	const hidden = scene(["water", [400, 100, 470, 340]], ["hand", [90, 220, 190, 360]]);
	expect(changesBetween(before, hidden)).toEqual([]);
});
