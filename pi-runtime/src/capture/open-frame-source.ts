import type { Clock } from "@visionvend/sdk/clock";
import { programStream } from "./camera-program.ts";
import { v4l2 } from "./ffmpeg.ts";
import type { FrameSource } from "./frame-source.ts";
import { ImageFolderSource } from "./image-folder-source.ts";
import { RawSource } from "./raw-source.ts";
import { type CameraMode, rpicam } from "./rpicam.ts";
import { tcpStream } from "./tcp-run.ts";
import { VideoFileSource } from "./video-file-source.ts";

/** The forms that `openFrameSource` reads, for messages. */
export const sourceForms =
	'"rpicam:0" (ribbon cable), "v4l2:/dev/video0" (USB), "tcp://HOST:PORT" (raw I420, the simulator), "video:FILE" or "folder:FOLDER" (pictures, for trying out)';

const form = /^(rpicam|v4l2|tcp|video|folder):(.+)$/;

/** Whether the text names a source. */
export function isSource(text: string): boolean {
	const [, kind, name = ""] = form.exec(text) ?? [];
	switch (kind) {
		case "rpicam":
			return /^\d$/.test(name);
		case "v4l2":
			return name.startsWith("/dev/");
		case "tcp":
			return URL.canParse(text) && new URL(text).hostname !== "" && new URL(text).port !== "";
		default:
			return kind !== undefined;
	}
}

/** A camera by its name in the configuration; see `sourceForms`. Throws a `RangeError` for another text. */
export function openFrameSource(
	text: string,
	options: CameraMode & {
		readonly camera: number;
		readonly clock: Clock;
		/** Files and folders only: every frame as fast as it is taken, instead of real time. */
		readonly everyFrame?: boolean | undefined;
		/** Files and folders only: start again at the end. */
		readonly loop?: boolean | undefined;
		readonly onProblem?: ((problem: string) => void) | undefined;
	},
): FrameSource {
	if (!isSource(text)) throw new RangeError(`"${text}" is no camera. Write ${sourceForms}.`);
	const [, kind, name = ""] = form.exec(text) ?? [];
	switch (kind) {
		case "rpicam":
			return new RawSource({ ...programStream(rpicam(Number(name), options)), ...options });
		case "v4l2":
			return new RawSource({ ...programStream(v4l2(name, options)), ...options });
		case "tcp":
			return new RawSource({ ...tcpStream(text, options), ...options });
		case "video":
			return new VideoFileSource({ ...options, path: name });
		default:
			return new ImageFolderSource({ ...options, folder: name });
	}
}
