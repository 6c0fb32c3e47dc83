import type { CameraProgram } from "./camera-program.ts";
import { piStride } from "./frame-slicer.ts";

/** What a camera is asked for. */
export interface CameraMode {
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond: number;
}

/**
 * A camera on the Pi's ribbon cable, through `rpicam-vid` (rpicam-apps 1.5 and later; `number` as `rpicam-hello
 * --list-cameras` counts). Its codec `yuv420` writes the buffers of the camera as they lie, rows padded to the stride,
 * in full-range colours (`sYCC`).
 */
export function rpicam(
	number: number,
	{ width, height, framesPerSecond }: CameraMode,
	{ program = "rpicam-vid", stride = piStride(width), words = [] as readonly string[] } = {},
): CameraProgram {
	return {
		program,
		words: [
			...["--nopreview", "--verbose", "0", "--timeout", "0", "--flush"],
			...["--camera", String(number), "--width", String(width), "--height", String(height)],
			...["--framerate", String(framesPerSecond), "--codec", "yuv420", "--output", "-"],
			...words,
		],
		layout: { width, height, stride },
	};
}
