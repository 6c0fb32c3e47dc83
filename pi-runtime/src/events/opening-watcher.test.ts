import { expect, test } from "vitest";
import { eyeLabels, FridgeEyes } from "../../test/fridge-eyes.ts";
import { TestClock } from "../../test/test-clock.ts";
import type { Frame } from "../capture/frame.ts";
import type { Detection } from "../detect/detection.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import { OpeningWatcher, type OpeningWatcherOptions } from "./opening-watcher.ts";
import { usualShelfZones } from "./shelf-zones.ts";

const size = { width: 64, height: 36 };

/** Lets promises settle. */
const settle = async (): Promise<void> => {
	for (let turn = 0; turn < 12; turn++) await Promise.resolve();
};

/**
 * A watcher whose detector tells what a story's eyes saw at that moment, `busyMs` after it was asked. Frames hold a
 * pattern that changes while a hand is in the picture.
 */
class Watched {
	readonly clock = new TestClock();
	readonly watcher: OpeningWatcher;
	readonly startMs = this.clock.now();
	/** When frames were taken, and when they were looked at. */
	readonly asked: { readonly takenMs: number; readonly lookedMs: number }[] = [];
	/** When it had answered. */
	doneMs = Number.NaN;
	readonly #seen: ReadonlyMap<string, readonly Detection[]>;
	readonly #frames: readonly ObservedFrame[];
	#sequence = 0;

	constructor(
		frames: readonly ObservedFrame[],
		{ busyMs = 0, ...more }: Partial<OpeningWatcherOptions> & { busyMs?: number } = {},
	) {
		this.#frames = frames;
		this.#seen = new Map(
			frames.map((frame) => [`${frame.camera} ${Math.round(this.startMs + frame.atMs)}`, scaled(frame)]),
		);
		this.watcher = new OpeningWatcher({
			cameras: [0, 1],
			labels: eyeLabels,
			zones: usualShelfZones,
			clock: this.clock,
			detect: async ({ camera, atMs }) => {
				this.asked.push({ takenMs: atMs, lookedMs: this.clock.now() });
				if (busyMs > 0) await new Promise<void>((resolve) => this.clock.after(busyMs, resolve));
				const detections = this.#seen.get(`${camera} ${Math.round(atMs)}`);
				if (detections === undefined) throw new Error("no such moment");
				return detections;
			},
			...more,
		});
	}

	/** Feeds the story's frames between two of its moments; `only` some of them. */
	async play(fromMs: number, untilMs: number, only: (frame: ObservedFrame) => boolean = () => true): Promise<void> {
		for (const frame of this.#frames) {
			if (frame.atMs < fromMs || frame.atMs >= untilMs) continue;
			await this.pass(this.startMs + frame.atMs - this.clock.now());
			if (only(frame)) this.watcher.frame(this.#frameOf(frame));
		}
		await this.pass(this.startMs + untilMs - this.clock.now());
	}

	async pass(durationMs: number): Promise<void> {
		const untilMs = this.clock.now() + durationMs;
		await settle();
		while (this.clock.step(untilMs)) await settle();
	}

	at(storyMs: number): number {
		return this.startMs + storyMs;
	}

	#frameOf({ camera, atMs, detections }: ObservedFrame): Frame {
		const data = new Uint8Array((size.width * size.height * 3) / 2).fill(90);
		const hand = detections.find(({ label }) => label === "hand");
		if (hand !== undefined) data.fill(200 - (this.#sequence % 2) * 80, 10 * size.width, 26 * size.width - 40);
		return { camera, sequence: this.#sequence++, atMs: Math.round(this.startMs + atMs), ...size, data };
	}
}

/** Boxes in the small pictures of this test. */
function scaled({ detections, width, height }: ObservedFrame): Detection[] {
	return detections.map((one) => {
		const [x1, y1, x2, y2] = one.box;
		const [across, down] = [size.width / width, size.height / height];
		return { ...one, box: [x1 * across, y1 * down, x2 * across, y2 * down] as const };
	});
}

interface Story {
	readonly frames: readonly ObservedFrame[];
	readonly openedMs: number;
	readonly closedMs: number;
	readonly endMs: number;
}

function story(seed: number, tell: (eyes: FridgeEyes) => void): Story {
	const eyes = new FridgeEyes({ seed });
	eyes.wait(1_500);
	const openedMs = eyes.nowMs;
	eyes.open();
	tell(eyes);
	eyes.close();
	const closedMs = eyes.nowMs;
	eyes.wait(2_500);
	return { frames: eyes.frames, openedMs, closedMs, endMs: eyes.nowMs - 500 };
}

const takeJuice = story(1, (eyes) => {
	eyes.wait(500);
	eyes.take("orange-juice");
	eyes.wait(1_500);
});

/** Plays a whole story and looks. */
async function watch(
	told: Story,
	watched: Watched,
	only?: (frame: ObservedFrame) => boolean,
	unrest?: { shelf: number; fromMs: number; atMs: number }[],
) {
	const { openedMs, closedMs, endMs } = told;
	await watched.play(0, openedMs, only);
	watched.watcher.doorOpened(watched.at(openedMs));
	await watched.play(openedMs, closedMs, only);
	watched.watcher.doorClosed(watched.at(closedMs));
	const look = watched.watcher.look({
		saleId: "sale-1",
		openedAtMs: watched.at(openedMs),
		closedAtMs: watched.at(closedMs),
		unrest,
	});
	void look.then(() => {
		watched.doneMs = watched.clock.now();
	});
	await watched.play(closedMs, endMs, only);
	return look;
}

test("one opening: an event, four snapshots, no blind shelf", async () => {
	const watched = new Watched(takeJuice.frames);
	const { vision, pictures } = await watch(takeJuice, watched);
	expect(vision.events).toMatchObject([{ kind: "taken", shelf: 1 }]);
	expect(vision.events[0]!.products["orange-juice"]).toBeGreaterThan(0.9);
	expect(vision.events[0]!.probability).toBeGreaterThan(0.5);
	expect(vision.snapshots.map(({ shelf }) => shelf)).toEqual([0, 1, 2, 3]);
	const juice = vision.snapshots[1]!.changes["orange-juice"]!;
	expect([...juice].sort(([, a], [, b]) => b - a)[0]).toMatchObject([1, expect.any(Number)]);
	expect(vision.blindShelves).toEqual([]);
	expect(pictures).toEqual([]);
});

test("a closed fridge at rest is hardly looked at", async () => {
	const watched = new Watched(story(2, (eyes) => eyes.wait(20_000)).frames);
	await watched.play(0, 20_000);
	expect(watched.asked.length).toBeLessThan(40);
});

test("a camera that sends nothing leaves its shelves blind", async () => {
	const watched = new Watched(takeJuice.frames);
	const { vision } = await watch(takeJuice, watched, ({ camera }) => camera === 0);
	expect(vision.blindShelves).toEqual([2, 3]);
	expect(vision.events).toHaveLength(1);
	expect(vision.snapshots.map(({ shelf }) => shelf)).toEqual([0, 1]);
});

test("a camera that stalls for more than a second while the door is open is blind", async () => {
	const watched = new Watched(takeJuice.frames);
	const { openedMs } = takeJuice;
	const { vision } = await watch(
		takeJuice,
		watched,
		({ camera, atMs }) => camera === 1 || atMs < openedMs + 300 || atMs > openedMs + 1_500,
	);
	expect(vision.blindShelves).toEqual([0, 1]);
});

test("a detector that fails is told and leaves shelves blind; nothing rejects", async () => {
	const problems: string[] = [];
	const watched = new Watched(takeJuice.frames, {
		detect: async () => {
			throw new Error("the model is gone");
		},
		onProblem: (problem) => problems.push(problem),
	});
	const { vision } = await watch(takeJuice, watched);
	expect(vision).toMatchObject({ events: [], snapshots: [], blindShelves: [0, 1, 2, 3] });
	expect(problems[0]).toBe("Camera 0: a frame could not be looked at: the model is gone");
});

test("a slow detector looks again around moments of unrest after the door closed, and is done in time", async () => {
	const watched = new Watched(takeJuice.frames, { busyMs: 140, lookMs: 900 });
	const { openedMs, closedMs } = takeJuice;
	const touchMs = watched.at(openedMs + 1_700);
	const { vision } = await watch(takeJuice, watched, undefined, [{ shelf: 1, fromMs: touchMs, atMs: touchMs }]);
	const again = watched.asked.filter(
		({ takenMs, lookedMs }) => lookedMs > watched.at(closedMs) && takenMs < watched.at(closedMs) - 200,
	);
	expect(again.length).toBeGreaterThanOrEqual(2);
	for (const { takenMs } of again) expect(Math.abs(takenMs - touchMs)).toBeLessThanOrEqual(1_500);
	expect(watched.doneMs - watched.at(closedMs)).toBeLessThanOrEqual(900 + 140);
	expect(vision.events).toMatchObject([{ kind: "taken", shelf: 1 }]);
});

test("without pictures after closing it answers by its deadline", async () => {
	const watched = new Watched(takeJuice.frames);
	const { closedMs } = takeJuice;
	const { vision } = await watch(takeJuice, watched, ({ atMs }) => atMs < closedMs);
	expect(vision.snapshots).toEqual([]);
	expect(watched.doneMs - watched.at(closedMs)).toBeLessThanOrEqual(900);
});

test("pictures for people are made of the last frame before and after; one that fails is left out", async () => {
	const problems: string[] = [];
	const watched = new Watched(takeJuice.frames, {
		encode: async ({ camera }, name) => {
			if (camera === 1) throw new Error("no room");
			return { name: `${name}.jpg`, mediaType: "image/jpeg", bytes: Uint8Array.of(1) };
		},
		onProblem: (problem) => problems.push(problem),
	});
	const { pictures } = await watch(takeJuice, watched);
	expect(pictures.map(({ name }) => name)).toEqual(["camera-0-before.jpg", "camera-0-after.jpg"]);
	expect(problems).toHaveLength(2);
});
