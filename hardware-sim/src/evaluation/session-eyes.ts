import type { Frame } from "@visionvend/pi-runtime/capture/frame";
import type { Detection } from "@visionvend/pi-runtime/detect/detection";
import type { DetectionPipeline } from "@visionvend/pi-runtime/detect/detection-pipeline";
import { OpeningWatcher } from "@visionvend/pi-runtime/events/opening-watcher";
import { usualShelfZones } from "@visionvend/pi-runtime/events/shelf-zones";
import { defaultTrackerSettings } from "@visionvend/pi-runtime/track/tracker-settings";
import type { VisionEvidence } from "@visionvend/sdk/basket/vision-evidence";
import { stepsOf } from "@visionvend/sdk/basket/weight-steps";
import { CameraFeed } from "../camera/camera-feed.ts";
import { detectorSize } from "../camera/counted.ts";
import { cameraDelayNs, FridgeCameras } from "../camera/fridge-camera.ts";
import { openDetector } from "../camera/open-detector.ts";
import type { Split } from "../camera/split.ts";
import { Wardrobe } from "../camera/wardrobe.ts";
import type { SeededRandom } from "../random.ts";
import { frameMs, type SessionEyes } from "./play-session.ts";
import type { SessionMachine } from "./session-machine.ts";
import type { SessionNoise } from "./session-noise.ts";

const ms = 1_000_000;
/** So many pictures after a change have fresh noise; after them the last picture comes again, which nobody looks at. */
const freshPictures = 8;
/** What a tracker takes for a weak detection. */
const leastScore = 0.1;

/**
 * The real eyes of a Pi over the simulated cameras: rendered frames, motion gate, detector, tracker, events, snapshots. Designs,
 * cabinets and hands are those of one split: no detector was trained on those of `evaluation`, and nothing is tuned on them.
 */
export class RenderedEyes implements SessionEyes {
	readonly #detector: DetectionPipeline;
	readonly #labels: readonly string[];
	readonly #wardrobe: Wardrobe;
	#session: SessionMachine | undefined;
	#feed: CameraFeed | undefined;
	#watcher: OpeningWatcher | undefined;
	#looks: Promise<unknown>[] = [];
	/** What was found in a picture: one that comes again is not looked at twice. */
	readonly #found = new WeakMap<Uint8Array, Promise<readonly Detection[]>>();
	#busy: Promise<unknown> = Promise.resolve();
	#isOpen = false;

	readonly #onFrame: ((frame: Frame) => void) | undefined;

	private constructor(
		detector: DetectionPipeline,
		labels: readonly string[],
		split: Split,
		onFrame: ((frame: Frame) => void) | undefined,
	) {
		this.#onFrame = onFrame;
		this.#wardrobe = new Wardrobe(split);
		this.#detector = detector;
		this.#labels = labels;
	}

	/** `onFrame` gets each picture that the cameras take; it only reads it. */
	static async open(modelPath: string, split: Split, onFrame?: (frame: Frame) => void): Promise<RenderedEyes> {
		const { pipeline, labels } = await openDetector(modelPath);
		return new RenderedEyes(pipeline, labels, split, onFrame);
	}

	begin(session: SessionMachine, noise: SessionNoise, random: SeededRandom): void {
		this.#session = session;
		const cameras = new FridgeCameras({
			fridge: session.machine.fridge,
			hand: session.shopper.hand,
			wardrobe: this.#wardrobe,
			random,
			conditions: {
				light: { ambient: noise.ambient, lamp: noise.lamp },
				noise: noise.pixels,
				shotNoise: noise.shot,
				fog: noise.fog,
			},
		});
		// Pictures of this size need no second resizing, and cost the least.
		this.#feed = new CameraFeed(cameras, detectorSize, freshPictures);
		this.#watcher = new OpeningWatcher({
			labels: this.#labels,
			zones: usualShelfZones,
			cameras: [0, 1],
			trackerSettings: { ...defaultTrackerSettings, frame_ms: frameMs },
			detect: (frame) => this.#detect(frame),
			clock: {
				now: () => session.nowMs,
				after: (delayMs, callback) => session.clock.callbackAfter(Math.round(delayMs * ms), callback),
			},
			gate: { restFrames: freshPictures },
			onProblem: (problem) => {
				throw new Error(problem);
			},
		});
		this.#isOpen = false;
	}

	async look(): Promise<void> {
		const session = this.#session;
		const watcher = this.#watcher;
		const feed = this.#feed;
		if (session === undefined || watcher === undefined || feed === undefined) return;
		if (!this.#isOpen && session.openedAtMs !== undefined) {
			this.#isOpen = true;
			watcher.doorOpened(session.openedAtMs);
		}
		if (session.closedAtMs !== undefined) watcher.doorClosed(session.closedAtMs);
		for (const camera of [0, 1]) {
			const frame = feed.frame(camera, session.clock.now - cameraDelayNs);
			this.#onFrame?.(frame);
			watcher.frame(frame);
		}
		await this.#settle();
	}

	async end(): Promise<VisionEvidence> {
		const session = this.#session;
		const watcher = this.#watcher;
		if (session?.openedAtMs === undefined || watcher === undefined) throw new Error("No session was seen.");
		const { openedAtMs, closedAtMs = session.nowMs, curve } = session;
		const steps = stepsOf(curve, session.report?.shelves ?? []);
		const unrest = steps.map(({ shelf, atMs, fromMs = atMs }) => ({ shelf, fromMs, atMs }));
		const looking = watcher.look({ saleId: "session", openedAtMs, closedAtMs, unrest });
		let isOver = false;
		looking.then(
			() => {
				isOver = true;
			},
			() => {
				isOver = true;
			},
		);
		for (;;) {
			await new Promise((resolve) => setImmediate(resolve));
			if (isOver) break;
			session.run(10);
		}
		return (await looking).vision;
	}

	async #settle(): Promise<void> {
		while (this.#looks.length > 0) await Promise.all(this.#looks.splice(0));
	}

	#detect({ width, height, data }: Frame): Promise<readonly Detection[]> {
		const known = this.#found.get(data);
		if (known !== undefined) return known;
		// One after the other: there is one detector for both cameras.
		const looking = this.#busy.then(() => this.#detector.detect({ format: "i420", width, height, data }, leastScore));
		this.#busy = looking;
		const detections = looking.then((found) => found.detections);
		this.#found.set(data, detections);
		this.#looks.push(detections);
		return detections;
	}
}
