import { createCanvas, loadImage } from "@napi-rs/canvas";
import type { Frame } from "@visionvend/pi-runtime/capture/frame";
import { annotate } from "@visionvend/pi-runtime/detect/annotate";
import { type StripPicture, trackStrip } from "@visionvend/pi-runtime/track/track-strip";
import { tellOpening } from "@visionvend/sdk/basket/decide-by-evidence";
import type { ToldEvent } from "@visionvend/sdk/basket/tell-events";
import { openDetector } from "../camera/open-detector.ts";
import type { Split } from "../camera/split.ts";
import { SeededRandom } from "../random.ts";
import { evidenceOf } from "./judge-session.ts";
import { playSession } from "./play-session.ts";
import { RenderedEyes } from "./session-eyes.ts";
import { noiseOf } from "./session-noise.ts";

/** A hand is not there yet so long before it touches, and is gone so long after. */
const awayMs = 700;
/** Boxes that are drawn. */
const leastScore = 0.4;
const jpegQuality = 70;
const mostEvents = 2;

/**
 * A picture for people of the first session of a seed: a row for each of its first events that cameras saw, with the shelf before
 * it, the hand at the shelf, and the shelf after it. Resolves to a JPEG. Rejects when cameras saw no event.
 */
export async function eventStrip(modelPath: string, split: Split, seed: number): Promise<Uint8Array> {
	const frames: Frame[] = [];
	const eyes = await RenderedEyes.open(modelPath, split, (frame) => frames.push(frame));
	const random = new SeededRandom(seed).fork("session 0 random");
	const session = await playSession("random", noiseOf("usual"), random, eyes);
	const { vision, curve } = session;
	const told = vision === undefined ? [] : tellOpening(evidenceOf(session), vision, curve);
	const events = told.filter((event) => event.seen && Number.isFinite(event.fromMs)).slice(0, mostEvents);
	if (events.length === 0)
		throw new Error(`Cameras saw no event in the first session of seed ${seed}. Take another --seed.`);
	const { pipeline } = await openDetector(modelPath);
	const pictures: StripPicture[] = [];
	for (const event of events) {
		for (const [atMs, caption] of momentsOf(event)) {
			const frame = nearest(frames, Math.floor(event.shelf / 2), atMs);
			const picture = { format: "i420", width: frame.width, height: frame.height, data: frame.data } as const;
			const { detections } = await pipeline.detect(picture, leastScore);
			const shown = detections.filter(({ label }) => label === "hand" || label === event.sku);
			pictures.push({
				bytes: await annotate(picture, shown),
				caption: `${(frame.atMs / 1_000).toFixed(1)} s  ${caption}`,
			});
		}
	}
	await pipeline.close();
	return jpegOf(await trackStrip(pictures));
}

function momentsOf({ kind, sku, shelf, fromMs, untilMs }: ToldEvent): (readonly [atMs: number, caption: string])[] {
	const what = kind === "taken" ? `${sku} taken from shelf ${shelf}` : `${sku} put on shelf ${shelf}`;
	return [
		[fromMs - awayMs, "before"],
		[(fromMs + untilMs) / 2, "the hand at the shelf"],
		[untilMs + awayMs, what],
	];
}

function nearest(frames: readonly Frame[], camera: number, atMs: number): Frame {
	const own = frames.filter((frame) => frame.camera === camera);
	return own.reduce((best, frame) => (Math.abs(frame.atMs - atMs) < Math.abs(best.atMs - atMs) ? frame : best));
}

async function jpegOf(png: Uint8Array): Promise<Uint8Array> {
	const image = await loadImage(png);
	const canvas = createCanvas(image.width, image.height);
	canvas.getContext("2d").drawImage(image, 0, 0);
	return canvas.encode("jpeg", jpegQuality);
}
