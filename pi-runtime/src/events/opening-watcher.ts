import type { Clock } from "@visionvend/sdk/clock";
import type { Frame } from "../capture/frame.ts";
import type { Eyes, Opening, Picture, Sighting } from "../decide/eyes.ts";
import type { Detection } from "../detect/detection.ts";
import { errorText } from "../error-text.ts";
import { countSnapshots, type ScenePair } from "./count-snapshots.ts";
import { defaultEventSettings } from "./event-settings.ts";
import { FrameRing } from "./frame-ring.ts";
import { type EventOptions, inferEvents } from "./infer-events.ts";
import { MotionGate, type MotionGateSettings } from "./motion-gate.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import { standingScene } from "./standing-scene.ts";

export interface OpeningWatcherOptions extends EventOptions {
	/** Cameras that should work. */
	readonly cameras: readonly number[];
	/** Looks at a frame. Called for one frame of a camera at a time; may reject. */
	detect(frame: Frame): Promise<readonly Detection[]>;
	/** The one that frames are stamped by. */
	readonly clock: Clock;
	readonly gate?: MotionGateSettings | undefined;
	/** Memory for frames that nobody had time for, bytes; 128 MiB by default. */
	readonly ringBytes?: number | undefined;
	/** So long {@link OpeningWatcher.look} takes at most, milliseconds; 900 by default. */
	readonly lookMs?: number | undefined;
	/** Makes a picture for people of a frame; without it a sighting has none. */
	encode?(frame: Frame, name: string): Promise<Picture>;
	/** What went wrong, for a log. */
	onProblem?(problem: string): void;
}

/** Pictures on either side of an opening that show the shelves at rest. */
const calmFrames = 12;
/** After the door closed so many looks at a camera's shelves are enough. */
const enoughAfter = 6;
/** A second pass looks this far around a moment of unrest. */
const secondPassMs = 1_500;
/** A camera that shows nothing for longer while the door is open is blind, milliseconds. */
const blindMs = 1_000;
/** A camera that is darker on average, of 255, is covered. */
const darkLevel = 6;
/** An opening is asked for within this time after it, milliseconds. */
const keptMs = 60_000;
/** Looks that are kept of a camera, about a quarter of an hour of motion. */
const mostLooks = 12_000;

interface CameraWatch {
	readonly gate: MotionGate;
	/** Looks of this opening and of the calm before it, oldest first. */
	looks: ObservedFrame[];
	/** A frame that waits until the detector is free. */
	waiting: Frame | undefined;
	isBusy: boolean;
	/** When light frames came while the door is open, for gaps. */
	received: number[];
	lastFrame: Frame | undefined;
	before: Frame | undefined;
}

/**
 * The eyes of one machine: it is fed every frame of every camera, looks at those in which something moves, and says what
 * happened during an opening. Scenes at rest cost next to nothing. A frame that comes while its camera's detector is busy
 * waits, the newest wins; with the door open, what lost is kept for a second pass after the door closed.
 */
export class OpeningWatcher implements Eyes {
	readonly #options: OpeningWatcherOptions;
	readonly #cameras = new Map<number, CameraWatch>();
	readonly #ring: FrameRing;
	/** Frames in which something moved. */
	readonly #moved = new WeakSet<Frame>();
	/** Called after each look and each frame, while somebody waits for looks. */
	readonly #listeners = new Set<() => void>();
	/** When the door opened the last times, oldest first. */
	#openings: number[] = [];
	#isOpen = false;
	/** Old frames have their turn; new ones are not looked at. */
	#isLookingAgain = false;
	#closedMs = Number.NEGATIVE_INFINITY;

	constructor(options: OpeningWatcherOptions) {
		this.#options = options;
		this.#ring = new FrameRing(options.ringBytes);
		for (const camera of options.cameras) {
			this.#cameras.set(camera, {
				gate: new MotionGate(options.gate),
				looks: [],
				waiting: undefined,
				isBusy: false,
				received: [],
				lastFrame: undefined,
				before: undefined,
			});
		}
	}

	/** A camera took a frame. Frames of a camera come in the order of time; they may not be changed afterwards. */
	frame(frame: Frame): void {
		const watch = this.#cameras.get(frame.camera);
		if (watch === undefined) return;
		const passes = watch.gate.passes(frame);
		watch.lastFrame = frame;
		if (watch.gate.isMoving) this.#moved.add(frame);
		if (this.#isOpen && watch.gate.brightness >= darkLevel) watch.received.push(frame.atMs);
		if (!passes || this.#isLookingAgain) return;
		if (!watch.isBusy) {
			void this.#work(watch, frame);
			return;
		}
		if (watch.waiting !== undefined && this.#isOpen) this.#ring.push(watch.waiting);
		watch.waiting = frame;
	}

	doorOpened(atMs: number): void {
		if (this.#isOpen) return;
		this.#isOpen = true;
		this.#openings = [...this.#openings.filter((other) => other > atMs - keptMs), atMs];
		this.#ring.clear();
		for (const watch of this.#cameras.values()) {
			watch.received = watch.received.filter((other) => other > atMs - keptMs);
			watch.before = watch.lastFrame;
			watch.gate.wake();
		}
	}

	doorClosed(atMs: number): void {
		this.#isOpen = false;
		this.#closedMs = atMs;
		for (const { gate } of this.#cameras.values()) gate.wake();
	}

	/**
	 * What was seen between the two moments. Waits for pictures of the shelves at rest, then looks again where there was
	 * no time, as long as `lookMs` allow.
	 */
	async look(opening: Opening): Promise<Sighting> {
		const { clock, lookMs = 900 } = this.#options;
		const untilMs = clock.now() + lookMs;
		// Half of the time at most is for waiting, and some is left for thinking.
		await this.#waitForCalm(opening, untilMs - lookMs / 2);
		// While the detectors look again, this thread has time.
		const pictures = this.#pictures();
		await this.#lookAgain(opening, untilMs - lookMs / 6);
		const frames = [...this.#cameras.values()].flatMap((watch) => {
			const { before, since } = this.#looksOf(opening, watch);
			return [...before, ...since];
		});
		const events = inferEvents(frames, { ...this.#options, unrest: opening.unrest });
		return {
			vision: {
				events,
				snapshots: countSnapshots(this.#scenePairs(opening), this.#options.labels, this.#options.zones),
				blindShelves: this.#blindShelves(opening),
			},
			pictures: await pictures,
		};
	}

	async #work(watch: CameraWatch, frame: Frame): Promise<void> {
		watch.isBusy = true;
		for (let next: Frame | undefined = frame; next !== undefined; ) {
			await this.#detect(watch, next);
			next = this.#isLookingAgain ? undefined : watch.waiting;
			watch.waiting = undefined;
		}
		watch.isBusy = false;
		this.#tell();
	}

	async #detect(watch: CameraWatch, frame: Frame): Promise<void> {
		try {
			const detections = await this.#options.detect(frame);
			const { camera, atMs, width, height } = frame;
			const look = { camera, atMs, width, height, moved: this.#moved.has(frame), detections };
			watch.looks.push(look);
			// A second pass brings older frames.
			watch.looks.sort((a, b) => a.atMs - b.atMs);
			const isAtRest = !this.#isOpen && atMs > this.#closedMs + keptMs;
			if (isAtRest) watch.looks = watch.looks.slice(-2 * calmFrames);
			if (watch.looks.length > mostLooks) watch.looks.splice(calmFrames, 1);
		} catch (error) {
			this.#options.onProblem?.(`Camera ${frame.camera}: a frame could not be looked at: ${errorText(error)}`);
		}
		this.#tell();
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}

	#waitForCalm({ closedAtMs }: Opening, untilMs: number): Promise<void> {
		const isCalm = (): boolean =>
			[...this.#cameras.values()].every(
				({ looks }) => looks.filter(({ atMs }) => atMs > closedAtMs).length >= enoughAfter,
			);
		return this.#waitFor(isCalm, untilMs);
	}

	/** Resolves when the condition holds, at the latest at a moment. */
	#waitFor(holds: () => boolean, untilMs: number): Promise<void> {
		const { clock } = this.#options;
		if (holds() || clock.now() >= untilMs) return Promise.resolve();
		return new Promise((resolve) => {
			const end = (): void => {
				cancel();
				this.#listeners.delete(check);
				resolve();
			};
			const check = (): void => {
				if (holds()) end();
			};
			const cancel = clock.after(untilMs - clock.now(), end);
			this.#listeners.add(check);
		});
	}

	/** Looks at frames of the ring that lie around moments of unrest, the nearest first, until time is up. */
	async #lookAgain(opening: Opening, untilMs: number): Promise<void> {
		if (this.#ring.size === 0) return;
		const { clock, zones } = this.#options;
		this.#isLookingAgain = true;
		const passes = [...this.#cameras].map(async ([camera, watch]) => {
			const shelves = new Set(zones.filter((zone) => zone.camera === camera).map(({ shelf }) => shelf));
			const moments = (opening.unrest ?? []).filter(({ shelf }) => shelves.has(shelf)).map(({ atMs }) => atMs);
			const distance = (frame: Frame) => Math.min(...moments.map((atMs) => Math.abs(frame.atMs - atMs)));
			const frames = this.#ring
				.take(camera, opening.openedAtMs, opening.closedAtMs)
				.map((frame) => ({ frame, off: distance(frame) }))
				.filter(({ off }) => off <= secondPassMs)
				.sort((a, b) => a.off - b.off || a.frame.atMs - b.frame.atMs);
			for (const { frame } of frames) {
				await this.#waitFor(() => !watch.isBusy, untilMs);
				if (watch.isBusy || clock.now() >= untilMs) return;
				await this.#work(watch, frame);
			}
		});
		await Promise.all(passes);
		this.#isLookingAgain = false;
		this.#ring.clear();
	}

	/** Looks at the calm before an opening, and from then on until the door opened again. */
	#looksOf({ openedAtMs, closedAtMs }: Opening, { looks }: CameraWatch) {
		const next = this.#openings.find((atMs) => atMs > closedAtMs) ?? Number.POSITIVE_INFINITY;
		return {
			before: looks.filter(({ atMs }) => atMs <= openedAtMs).slice(-calmFrames),
			since: looks.filter(({ atMs }) => atMs > openedAtMs && atMs < next),
		};
	}

	#scenePairs(opening: Opening): ScenePair[] {
		const { labels, settings = defaultEventSettings } = this.#options;
		return [...this.#cameras].flatMap(([camera, watch]): ScenePair[] => {
			const { before, since } = this.#looksOf(opening, watch);
			const after = since.filter(({ atMs }) => atMs > opening.closedAtMs).slice(-calmFrames);
			const [first] = before;
			if (first === undefined || after.length === 0) return [];
			const scene = (frames: readonly ObservedFrame[]) => standingScene(frames, labels, settings);
			return [{ camera, width: first.width, height: first.height, before: scene(before), after: scene(after) }];
		});
	}

	#blindShelves({ openedAtMs, closedAtMs }: Opening): number[] {
		const { zones } = this.#options;
		const seeing = [...this.#cameras].filter(([, { received, looks }]) => {
			const times = [openedAtMs, ...received.filter((atMs) => atMs >= openedAtMs && atMs <= closedAtMs), closedAtMs];
			const hasGap = times.some((atMs, index) => index > 0 && atMs - times[index - 1]! > blindMs);
			return !hasGap && looks.some(({ atMs }) => atMs >= openedAtMs);
		});
		const seen = new Set(
			seeing.flatMap(([camera]) => zones.filter((zone) => zone.camera === camera).map(({ shelf }) => shelf)),
		);
		return [...new Set(zones.map(({ shelf }) => shelf))].filter((shelf) => !seen.has(shelf)).sort((a, b) => a - b);
	}

	async #pictures(): Promise<Picture[]> {
		const { encode } = this.#options;
		if (encode === undefined) return [];
		const frames = [...this.#cameras].flatMap(([camera, { before, lastFrame }]) => [
			...(before === undefined ? [] : [{ frame: before, name: `camera-${camera}-before` }]),
			...(lastFrame === undefined ? [] : [{ frame: lastFrame, name: `camera-${camera}-after` }]),
		]);
		const pictures = frames.map(async ({ frame, name }): Promise<Picture[]> => {
			try {
				return [await encode.call(this.#options, frame, name)];
			} catch (error) {
				this.#options.onProblem?.(`${name}: no picture could be made: ${errorText(error)}`);
				return [];
			}
		});
		return (await Promise.all(pictures)).flat();
	}
}
