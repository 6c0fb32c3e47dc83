import type { Clock } from "@visionvend/sdk/clock";
import { type Frame, frameBytes } from "../capture/frame.ts";
import { ProgramRun, restartMs } from "../capture/program-run.ts";
import { errorText } from "../error-text.ts";
import { GroupSlicer, type PictureGroup, videoPid } from "./group-slicer.ts";

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
	readonly #run: ProgramRun;
	readonly #slicer = new GroupSlicer();
	/** When the pictures inside the encoder were taken, oldest first. */
	#inside: number[] = [];

	constructor(
		options: VideoEncoderOptions,
		{ onGroup, onEnd }: { onGroup(group: RecordedGroup): void; onEnd(why: string): void },
	) {
		this.#options = options;
		const program = options.program ?? "ffmpeg";
		const hand = ({ bytes, pictures }: PictureGroup): void => {
			const times = this.#inside.splice(0, pictures);
			const startMs = times[0];
			const lastMs = times.at(-1);
			if (startMs === undefined || lastMs === undefined) return;
			onGroup({ bytes, startMs, endMs: this.#inside[0] ?? lastMs + 1_000 / options.framesPerSecond });
		};
		this.#run = new ProgramRun(
			{ program, words: wordsOf(options), takesInput: true },
			{
				onBytes: (bytes) => {
					try {
						for (const group of this.#slicer.push(bytes)) hand(group);
					} catch (error) {
						this.#run.kill(`wrote what is no video (${errorText(error)})`);
					}
				},
				onEnd: (why) => {
					const last = this.#slicer.end();
					if (last !== undefined) hand(last);
					onEnd(`The encoder ${program} ${why}`);
				},
			},
		);
	}

	frame({ data, atMs }: Frame): void {
		const { stdin } = this.#run;
		if (!stdin.writable) {
			this.#options.onDropped("encoder-down", 1);
			return;
		}
		if (this.#inside.length >= mostInside) this.#run.kill(`gave no picture back for ${mostInside} that it was given`);
		if (this.waiting >= mostWaiting) {
			this.#options.onDropped("encoder-busy", 1);
			return;
		}
		this.#inside.push(atMs);
		stdin.write(data);
	}

	get waiting(): number {
		const { width, height } = this.#options;
		return Math.ceil(this.#run.stdin.writableLength / frameBytes(width, height));
	}

	/** Lets it finish what it was given. */
	async end(): Promise<void> {
		this.#run.stdin.end();
		const cancel = this.#options.clock.after(5_000, () => this.#run.kill("did not end when it was asked to"));
		await this.#run.ended;
		cancel();
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
