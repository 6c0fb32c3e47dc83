import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "@visionvend/sdk/clock";
import sharp from "sharp";
import type { Frame } from "../capture/frame.ts";
import type { EndingFrameSource } from "../capture/frame-source.ts";
import { ImageFolderSource } from "../capture/image-folder-source.ts";
import { VideoFileSource } from "../capture/video-file-source.ts";
import { errorText } from "../error-text.ts";

/** A video file or a folder of pictures, and how its frames are to be. */
export interface Recording {
	readonly path: string;
	readonly isFolder: boolean;
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond: number;
	readonly camera: number;
}

/** So large a frame is at most; larger pictures are made smaller. */
const mostWidth = 1_920;

/**
 * What a recording holds. `framesPerSecond` and size are those of the file where it tells them, else 15 and 1280 × 720.
 * Rejects with an `Error` for people when there is nothing at the path.
 */
export async function openRecording(
	path: string,
	{ camera = 0, fps = undefined as number | undefined } = {},
): Promise<Recording> {
	const found = await stat(path).catch((error: unknown) => {
		throw new Error(`"${path}" cannot be read: ${errorText(error)}`, { cause: error });
	});
	const isFolder = found.isDirectory();
	const told = isFolder ? await sizeOfFirstPicture(path) : await probe(path);
	const scale = Math.min(1, mostWidth / told.width);
	const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
	const framesPerSecond = fps ?? told.framesPerSecond ?? 15;
	return { path, isFolder, width: even(told.width), height: even(told.height), framesPerSecond, camera };
}

/** Hands every frame over, one after the other. `clock` stamps the first one; the others follow at the frame rate. */
export async function readAllFrames(
	recording: Recording,
	clock: Clock,
	onFrame: (frame: Frame) => Promise<void>,
): Promise<void> {
	const { path, isFolder, width, height, framesPerSecond, camera } = recording;
	const options = { camera, width, height, framesPerSecond, clock, everyFrame: true };
	const source: EndingFrameSource = isFolder
		? new ImageFolderSource({ ...options, folder: path })
		: new VideoFileSource({ ...options, path });
	let failure: unknown;
	source.start(async (frame) => {
		if (failure !== undefined) return;
		try {
			await onFrame(frame);
		} catch (error) {
			failure = error;
			await source.close();
		}
	});
	await source.ended;
	if (failure !== undefined) throw failure;
}

interface Told {
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond?: number | undefined;
}

const usual: Told = { width: 1_280, height: 720 };

async function sizeOfFirstPicture(folder: string): Promise<Told> {
	for (const name of (await readdir(folder)).sort()) {
		const size = await sharp(join(folder, name))
			.metadata()
			.catch(() => undefined);
		// Its orientation is in the sizes that are asked for by name.
		if (size?.autoOrient !== undefined) return size.autoOrient;
	}
	return usual;
}

/** By `ffprobe`, which comes with ffmpeg; where it is missing or puzzled the usual size is taken. */
async function probe(path: string): Promise<Told> {
	const words = [
		"-v",
		"error",
		"-select_streams",
		"v:0",
		"-show_entries",
		"stream=width,height,avg_frame_rate",
		"-of",
		"csv=p=0",
	];
	const text = await promisify(execFile)("ffprobe", [...words, `file:${path}`]).then(
		({ stdout }) => stdout,
		() => "",
	);
	const [, width, height, frames, seconds] = /^(\d+),(\d+),(\d+)\/(\d+)/.exec(text.trim()) ?? [];
	if (width === undefined || height === undefined) return usual;
	const rate = Number(frames) / Number(seconds);
	return { width: Number(width), height: Number(height), framesPerSecond: rate > 0 && rate <= 240 ? rate : undefined };
}
