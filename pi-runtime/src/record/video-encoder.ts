import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "@visionvend/sdk/clock";
import { type Frame, frameBytes } from "../capture/frame.ts";
import { errorText } from "../error-text.ts";
import { GroupSlicer, videoPid } from "./group-slicer.ts";

/** Encoded pictures with their time. */
export interface RecordedGroup {
	readonly bytes: Uint8Array;
	/** When its first picture was taken, on the clock of the frames. */
	readonly startMs: number;
	/** Until when its last picture is shown. */
	readonly endMs: number;
}

/** How pictures are encoded: `libx264` on any processor, `h264_v4l2m2m` by the hardware of a Raspberry Pi 4. */
export type VideoCodec = "libx264" | "h264_v4l2m2m";

export interface VideoEncoderOptions {
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond: number;
	/** Seconds between two key pictures: a cut, and what a killed process loses at most. */
	readonly groupSeconds: number;
	readonly bitsPerSecond: number;
	readonly codec: VideoCodec;
	readonly clock: Clock;
	/** The `ffmpeg` to use; the one of the `PATH` where not given. */
	readonly program?: string | undefined;
	onGroup(group: RecordedGroup): void;
	/** Frames that were not recorded. */
	onDropped(reason: "encoder-busy" | "encoder-down", frames: number): void;
	onProblem(problem: string): void;
}

/** Frames that may wait for the encoder; more would fill the memory of a Pi that is too slow. */
const mostWaiting = 2;

/** Frames that may be inside the encoder before it counts as hung. */
const mostInside = 150;

/** The wait before the n-th start in a row (from 1): 1 s, doubling to 30 s. */
function restartMs(failures: number): number {
	return Math.min(1_000 * 2 ** Math.min(failures - 1, 5), 30_000);
}

/** Encodes I420 frames as H.264 in an MPEG transport stream, through `ffmpeg`. One that dies or hangs is started again. */
export class VideoEncoder {
	readonly #options: VideoEncoderOptions;
	#run: EncoderRun | undefined;
	#failures = 0;
	#cancelRestart: (() => void) | undefined;
	#isClosed = false;
	#lastProblem = "";

	constructor(options: VideoEncoderOptions) {
		this.#options = options;
		this.#start();
	}

	frame(frame: Frame): void {
		if (this.#isClosed) return;
		if (this.#run === undefined) this.#options.onDropped("encoder-down", 1);
		else this.#run.frame(frame);
	}

	/** Frames that wait for the encoder. */
	get waiting(): number {
		return this.#run?.waiting ?? 0;
	}

	/** Resolves when the last group has been handed over. */
	async close(): Promise<void> {
		this.#isClosed = true;
		this.#cancelRestart?.();
		await this.#run?.end();
	}

	#start(): void {
		let groups = 0;
		this.#run = new EncoderRun(this.#options, {
			onGroup: (group) => {
				groups += 1;
				if (groups === 3) {
					this.#failures = 0;
					this.#lastProblem = "";
				}
				this.#options.onGroup(group);
			},
			onEnd: (why) => {
				this.#run = undefined;
				if (this.#isClosed) return;
				this.#failures += 1;
				if (why !== this.#lastProblem) this.#options.onProblem(why);
				this.#lastProblem = why;
				this.#cancelRestart = this.#options.clock.after(restartMs(this.#failures), () => this.#start());
			},
		});
	}
}

/** One life of the encoder. */
class EncoderRun {
	readonly #options: VideoEncoderOptions;
	readonly #child: ChildProcess;
	readonly #slicer = new GroupSlicer();
	/** When the pictures inside the encoder were taken, oldest first. */
	#inside: number[] = [];
	#lastWords = "";
	#reason: string | undefined;
	readonly #ended: Promise<void>;

	constructor(
		options: VideoEncoderOptions,
		{ onGroup, onEnd }: { onGroup(group: RecordedGroup): void; onEnd(why: string): void },
	) {
		this.#options = options;
		const program = options.program ?? "ffmpeg";
		this.#child = spawn(program, wordsOf(options), { stdio: ["pipe", "pipe", "pipe"] });
		const hand = ({ bytes, pictures }: { readonly bytes: Uint8Array; readonly pictures: number }): void => {
			const times = this.#inside.splice(0, pictures);
			const startMs = times[0];
			const lastMs = times.at(-1);
			if (startMs === undefined || lastMs === undefined) return;
			onGroup({ bytes, startMs, endMs: this.#inside[0] ?? lastMs + 1_000 / options.framesPerSecond });
		};
		this.#child.stdout?.on("data", (bytes: Buffer) => {
			try {
				for (const group of this.#slicer.push(bytes)) hand(group);
			} catch (error) {
				this.#kill(`wrote what is no video: ${errorText(error)}`);
			}
		});
		this.#child.stderr?.on("data", (text: Buffer) => {
			this.#lastWords = (this.#lastWords + text.toString()).slice(-500);
		});
		// A pipe that breaks: `close` tells why.
		this.#child.stdin?.on("error", () => undefined);
		this.#ended = new Promise((resolve) => {
			const finish = (why: string): void => {
				const last = this.#slicer.end();
				if (last !== undefined) hand(last);
				onEnd(`The encoder ${program} ${why}`);
				resolve();
			};
			this.#child.on("error", (error) => {
				if (this.#child.pid === undefined) {
					finish(
						"code" in error && error.code === "ENOENT" ? "is not installed." : `cannot be started: ${error.message}.`,
					);
				}
			});
			this.#child.on("close", (status, signal) => {
				if (this.#child.pid === undefined) return;
				const said = this.#lastWords.trim().split("\n").at(-1) ?? "";
				finish(this.#reason ?? `ended (${signal ?? `status ${status}`})${said === "" ? "." : `: ${said}`}`);
			});
		});
	}

	frame({ data, atMs }: Frame): void {
		const { stdin } = this.#child;
		if (stdin === null || !stdin.writable) {
			this.#options.onDropped("encoder-down", 1);
			return;
		}
		if (this.#inside.length >= mostInside) this.#kill(`gave no picture back for ${mostInside} that it was given.`);
		if (this.waiting >= mostWaiting) {
			this.#options.onDropped("encoder-busy", 1);
			return;
		}
		this.#inside.push(atMs);
		stdin.write(data);
	}

	get waiting(): number {
		const { width, height } = this.#options;
		return Math.ceil((this.#child.stdin?.writableLength ?? 0) / frameBytes(width, height));
	}

	async end(): Promise<void> {
		this.#child.stdin?.end();
		const cancel = this.#options.clock.after(5_000, () => this.#kill("did not end when it was asked to."));
		await this.#ended;
		cancel();
	}

	#kill(reason: string): void {
		this.#reason ??= reason;
		this.#child.kill("SIGKILL");
	}
}

function wordsOf({
	width,
	height,
	framesPerSecond,
	groupSeconds,
	bitsPerSecond,
	codec,
}: VideoEncoderOptions): string[] {
	const pictures = Math.max(1, Math.round(framesPerSecond * groupSeconds));
	return [
		...["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1"],
		...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-color_range", "pc", "-s", `${width}x${height}`],
		...["-r", String(framesPerSecond), "-i", "pipe:0", "-an", "-c:v", codec],
		...(codec === "libx264"
			? ["-preset", "superfast", "-tune", "zerolatency", "-sc_threshold", "0", "-threads", "1"]
			: []),
		...["-g", String(pictures), "-keyint_min", String(pictures), "-bf", "0"],
		...["-b:v", String(bitsPerSecond), "-maxrate", String(bitsPerSecond), "-bufsize", String(bitsPerSecond * 2)],
		...["-f", "mpegts", "-mpegts_start_pid", String(videoPid), "-muxdelay", "0", "-muxpreload", "0"],
		...["-flush_packets", "1", "pipe:1"],
	];
}
