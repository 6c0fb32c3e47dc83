import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "../capture/frame.ts";
import type { RecordingHealth } from "../health/health.ts";
import type { Recording } from "./recording.ts";
import type { RecordingConfiguration } from "./recording-configuration.ts";
import type { RecordingKind } from "./segment-name.ts";
import { type Refusal, SegmentStore } from "./segment-store.ts";
import { type RecordedGroup, VideoEncoder } from "./video-encoder.ts";

/** How often a picture is kept while nothing happens. */
const quietFramesPerSecond = 2;

/** How much is kept at full rate before a door opens, and after it has closed. */
const aroundDoorMs = 10_000;

/** Bytes that may wait for a disk that is slow. */
const mostWaitingBytes = 16 * 2 ** 20;

export interface RecorderOptions extends RecordingConfiguration {
	/** Of each camera's frames. */
	readonly width: number;
	readonly height: number;
	readonly framesPerSecond: number;
	readonly cameras: number;
	/** The one that frames are stamped by; milliseconds since 1970. */
	readonly clock: Clock;
	/** The `ffmpeg` to use; the one of the `PATH` where not given. */
	readonly program?: string | undefined;
	onProblem(problem: string): void;
}

/**
 * Records what the cameras see: two pictures a second at all times, and every picture from ten seconds before a door opens to
 * ten seconds after it has closed. The seconds before are kept encoded in memory.
 */
export class Recorder implements Recording {
	readonly #options: RecorderOptions;
	readonly #store: SegmentStore;
	readonly #cameras: readonly CameraRecorder[];
	readonly #drops: Record<string, number> = {};
	#waitingBytes = 0;
	#lastProblem = "";
	/** The newest pictures were not written. */
	#isFailing = false;

	private constructor(options: RecorderOptions, store: SegmentStore) {
		this.#options = options;
		this.#store = store;
		this.#cameras = Array.from({ length: options.cameras }, (_, camera) => new CameraRecorder(this.#parts(camera)));
	}

	/** Rejects when the folder cannot be used. */
	static async open(options: RecorderOptions): Promise<Recorder> {
		const { folder, clock, quotaGigabytes, hours, onProblem } = options;
		const quotaBytes = quotaGigabytes * 1e9;
		return new Recorder(options, await SegmentStore.open({ folder, quotaBytes, mostHours: hours, clock, onProblem }));
	}

	health(): RecordingHealth {
		return {
			status: this.#isFailing ? "failing" : "up",
			bytes: this.#store.bytes,
			waiting: this.#cameras.reduce((sum, { waiting }) => sum + waiting, 0),
			drops: this.#drops,
		};
	}

	/** What is not recorded, by reason: frames that the encoder did not take, groups of pictures that the disk did not. */
	get drops(): Readonly<Record<string, number>> {
		return this.#drops;
	}

	/** Frames that wait for an encoder. */
	get waiting(): number {
		return this.#cameras.reduce((sum, { waiting }) => sum + waiting, 0);
	}

	/** Of all recordings. */
	get bytes(): number {
		return this.#store.bytes;
	}

	/** A frame of any camera; it is only read. */
	frame(frame: Frame): void {
		this.#cameras[frame.camera]?.frame(frame);
	}

	doorOpened(atMs: number): void {
		for (const camera of this.#cameras) camera.doorOpened(atMs);
	}

	doorClosed(atMs: number): void {
		for (const camera of this.#cameras) camera.doorClosed(atMs);
	}

	/** Keeps the pictures of an opening until they are unpinned. `id`: letters, digits, dashes. */
	pin(
		id: string,
		{ openedAtMs, closedAtMs }: { readonly openedAtMs: number; readonly closedAtMs: number },
	): Promise<void> {
		return this.#store.pin(id, { fromMs: openedAtMs - aroundDoorMs, untilMs: closedAtMs + aroundDoorMs });
	}

	unpin(id: string): Promise<void> {
		return this.#store.unpin(id);
	}

	/** Finishes what is being recorded. */
	async close(): Promise<void> {
		await Promise.all(this.#cameras.map((camera) => camera.close()));
		await this.#store.close();
	}

	#parts(camera: number): CameraRecorderParts {
		return {
			options: this.#options,
			write: (kind, group) => this.#write(camera, kind, group),
			finishDoor: () => void this.#store.finish({ camera, kind: "door" }),
			onDropped: (reason, count) => this.#drop(reason, count),
			onProblem: (problem) => this.#tell(`Camera ${camera}: ${problem}`),
		};
	}

	#write(camera: number, kind: RecordingKind, group: RecordedGroup): void {
		const { length } = group.bytes;
		if (this.#waitingBytes + length > mostWaitingBytes) {
			this.#drop("disk-slow", 1);
			return;
		}
		this.#waitingBytes += length;
		void this.#store.append({ camera, kind }, group).then((refusal) => {
			this.#waitingBytes -= length;
			this.#isFailing = refusal !== undefined;
			if (refusal !== undefined) {
				this.#drop(refusal, 1);
				this.#tell(refusalText[refusal]);
			}
		});
	}

	#drop(reason: string, count: number): void {
		this.#drops[reason] = (this.#drops[reason] ?? 0) + count;
	}

	/** The same words once, until others came. */
	#tell(problem: string): void {
		if (problem !== this.#lastProblem) this.#options.onProblem(problem);
		this.#lastProblem = problem;
	}
}

const refusalText: Readonly<Record<Refusal, string>> = {
	quota:
		"Nothing is recorded: pinned recordings fill the quota. Settle the reviews that wait, or raise recording.quotaGigabytes.",
	"disk-full": "Nothing is recorded: less than a tenth of the disk is free. Make room, or use a larger card.",
	"disk-error": "Nothing is recorded: the disk does not take it. See the line above.",
};

interface CameraRecorderParts {
	readonly options: RecorderOptions;
	write(kind: RecordingKind, group: RecordedGroup): void;
	finishDoor(): void;
	onDropped(reason: string, count: number): void;
	onProblem(problem: string): void;
}

/** The two encoders of a camera. */
class CameraRecorder {
	readonly #parts: CameraRecorderParts;
	readonly #quiet: VideoEncoder;
	readonly #full: VideoEncoder;
	/** Of the last ten seconds, at full rate, while no door is open. */
	#before: RecordedGroup[] = [];
	/** What is recorded at full rate; `undefined`: nothing. */
	#open: { readonly fromMs: number; untilMs: number } | undefined;
	#lastQuietMs = Number.NEGATIVE_INFINITY;

	constructor(parts: CameraRecorderParts) {
		this.#parts = parts;
		const { width, height, framesPerSecond, clock, codec, program, kilobitsPerSecond } = parts.options;
		const { onDropped, onProblem } = parts;
		const shared = { width, height, clock, codec, program, onDropped, onProblem };
		this.#quiet = new VideoEncoder({
			...shared,
			framesPerSecond: quietFramesPerSecond,
			groupSeconds: 2,
			bitsPerSecond: kilobitsPerSecond * 100,
			onGroup: (group) => parts.write("quiet", group),
		});
		this.#full = new VideoEncoder({
			...shared,
			framesPerSecond,
			groupSeconds: 1,
			bitsPerSecond: kilobitsPerSecond * 1_000,
			onGroup: (group) => this.#fullGroup(group),
		});
	}

	frame(frame: Frame): void {
		// Half a frame of patience: cameras are not exact.
		const spacingMs = 1_000 / quietFramesPerSecond - 500 / this.#parts.options.framesPerSecond;
		if (frame.atMs - this.#lastQuietMs >= spacingMs) {
			this.#lastQuietMs = frame.atMs;
			this.#quiet.frame(frame);
		}
		this.#full.frame(frame);
	}

	get waiting(): number {
		return this.#quiet.waiting + this.#full.waiting;
	}

	doorOpened(atMs: number): void {
		if (this.#open === undefined) this.#open = { fromMs: atMs - aroundDoorMs, untilMs: Number.POSITIVE_INFINITY };
		// Opened again within the ten seconds: the recording goes on.
		else this.#open.untilMs = Number.POSITIVE_INFINITY;
		const before = this.#before;
		this.#before = [];
		for (const group of before) this.#fullGroup(group);
	}

	doorClosed(atMs: number): void {
		if (this.#open !== undefined) this.#open.untilMs = atMs + aroundDoorMs;
	}

	async close(): Promise<void> {
		await Promise.all([this.#quiet.close(), this.#full.close()]);
	}

	#fullGroup(group: RecordedGroup): void {
		if (this.#open !== undefined && group.startMs <= this.#open.untilMs) {
			// The encoder gives back late what came before the ten seconds.
			if (group.endMs >= this.#open.fromMs) this.#parts.write("door", group);
			return;
		}
		if (this.#open !== undefined) this.#parts.finishDoor();
		this.#open = undefined;
		this.#before.push(group);
		const oldestMs = group.endMs - aroundDoorMs;
		// One that begins before the ten seconds stays as long as it reaches into them.
		while ((this.#before[0]?.endMs ?? Number.POSITIVE_INFINITY) < oldestMs) this.#before.shift();
	}
}
