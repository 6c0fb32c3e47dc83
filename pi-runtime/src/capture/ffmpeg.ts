import type { CameraProgram } from "./camera-program.ts";
import type { CameraMode } from "./rpicam.ts";

/** Full-range BT.601 I420 of the given size, whatever comes in. */
function toFrames({ width, height }: CameraMode): readonly string[] {
	const scale = `scale=${width}:${height}:out_color_matrix=bt601:out_range=full:flags=bilinear+accurate_rnd+full_chroma_int`;
	return ["-an", "-sn", "-vf", `${scale},format=yuv420p`, "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"];
}

const quietly = ["-hide_banner", "-nostdin", "-loglevel", "error"];

/** A USB camera: Video4Linux, `device` such as `/dev/video0`, through `ffmpeg`. */
export function v4l2(
	device: string,
	mode: CameraMode,
	{ program = "ffmpeg", inputFormat = "mjpeg" } = {},
): CameraProgram {
	return {
		program,
		words: [
			...quietly,
			...["-fflags", "nobuffer", "-f", "v4l2", "-input_format", inputFormat],
			...["-framerate", String(mode.framesPerSecond), "-video_size", `${mode.width}x${mode.height}`],
			...["-i", device, ...toFrames(mode)],
		],
		layout: { width: mode.width, height: mode.height, stride: mode.width },
	};
}

/** A video file, at a constant frame rate; `realTime` plays it at its own speed, `loop` for ever. */
export function videoFile(
	path: string,
	mode: CameraMode,
	{ program = "ffmpeg", realTime = false, loop = false } = {},
): CameraProgram {
	return {
		program,
		words: [
			...quietly,
			...(realTime ? ["-re"] : []),
			...(loop ? ["-stream_loop", "-1"] : []),
			// A path that begins with a dash, or holds a colon, is a file all the same.
			...["-i", `file:${path}`, "-r", String(mode.framesPerSecond), ...toFrames(mode)],
		],
		layout: { width: mode.width, height: mode.height, stride: mode.width },
	};
}
