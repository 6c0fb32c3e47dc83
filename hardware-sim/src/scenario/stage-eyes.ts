import type { Frame } from "@visionvend/pi-runtime/capture/frame";
import type { Eyes, Opening, Picture, Sighting } from "@visionvend/pi-runtime/decide/eyes";
import { annotate } from "@visionvend/pi-runtime/detect/annotate";
import type { Detection } from "@visionvend/pi-runtime/detect/detection";
import type { DetectionPipeline } from "@visionvend/pi-runtime/detect/detection-pipeline";
import { OpeningWatcher } from "@visionvend/pi-runtime/events/opening-watcher";
import { usualShelfZones } from "@visionvend/pi-runtime/events/shelf-zones";
import { defaultTrackerSettings } from "@visionvend/pi-runtime/track/tracker-settings";
import { CameraFeed } from "../camera/camera-feed.ts";
import { cameraDelayNs, FridgeCameras } from "../camera/fridge-camera.ts";
import { openDetector } from "../camera/open-detector.ts";
import { Wardrobe } from "../camera/wardrobe.ts";
import type { SimulationClock } from "../clock.ts";
import { virtualClock } from "../network/virtual-clock.ts";
import type { SeededRandom } from "../random.ts";
import type { Fridge } from "../world/fridge.ts";
import type { Shopper } from "../world/shopper.ts";

const ms = 1_000_000;
const size = Object.freeze({ width: 640, height: 360 });
/** How often cameras look while something may happen, and else. */
const lookMs = Object.freeze({ busy: 125, idle: 1_000 });
/** The door is shut and hands may still be on their way. */
const afterwardsMs = 3_000;
const freshFrames = 8;
const leastScore = 0.1;

/** The eyes of a Pi that stands on a stage in memory: simulated cameras, and everything behind them for real. */
export class StageEyes implements Eyes {
	readonly #detector: DetectionPipeline;
	readonly #labels: readonly string[];
	/** What people see of the last opening: annotated pictures before and after it. */
	pictures: readonly Picture[] = [];
	#watcher: OpeningWatcher | undefined;
	#busyUntilNs = Number.NEGATIVE_INFINITY;
	#clock: SimulationClock | undefined;
	#working: Promise<unknown> = Promise.resolve();

	private constructor(detector: DetectionPipeline, labels: readonly string[]) {
		this.#detector = detector;
		this.#labels = labels;
	}

	/** Rejects with an error for people when the model cannot be had. */
	static async open(modelPath: string): Promise<StageEyes> {
		const { pipeline, labels } = await openDetector(modelPath);
		return new StageEyes(pipeline, labels);
	}

	/** Looks at this fridge from now on. `epochMs`: what the Pi's clock says at 0. */
	watch(options: {
		readonly fridge: Fridge;
		readonly shopper: Shopper;
		readonly clock: SimulationClock;
		readonly epochMs: number;
		readonly random: SeededRandom;
	}): void {
		const { fridge, shopper, clock, epochMs, random } = options;
		this.#clock = clock;
		const cameras = new FridgeCameras({ fridge, hand: shopper.hand, wardrobe: new Wardrobe("evaluation"), random });
		const feed = new CameraFeed(cameras, size, freshFrames);
		const watcher = new OpeningWatcher({
			labels: this.#labels,
			zones: usualShelfZones,
			cameras: [0, 1],
			trackerSettings: { ...defaultTrackerSettings, frame_ms: lookMs.busy },
			gate: { restFrames: freshFrames },
			detect: (frame) => this.#detect(frame),
			encode: async (frame, name) => ({
				name: `${name}.png`,
				mediaType: "image/png",
				bytes: await this.#annotated(frame),
			}),
			clock: virtualClock(clock, epochMs),
		});
		this.#watcher = watcher;
		const look = (): void => {
			for (const camera of [0, 1]) watcher.frame(feed.frame(camera, clock.now - cameraDelayNs, epochMs));
			clock.callbackAfter((clock.now < this.#busyUntilNs ? lookMs.busy : lookMs.idle) * ms, look);
		};
		clock.callbackAfter(lookMs.idle * ms, look);
	}

	doorOpened(atMs: number): void {
		this.#busyUntilNs = Number.POSITIVE_INFINITY;
		this.#watcher?.doorOpened(atMs);
	}

	doorClosed(atMs: number): void {
		this.#busyUntilNs = (this.#clock?.now ?? 0) + afterwardsMs * ms;
		this.#watcher?.doorClosed(atMs);
	}

	async look(opening: Opening): Promise<Sighting> {
		if (this.#watcher === undefined) throw new Error("These eyes watch no fridge yet.");
		const sighting = await this.#watcher.look(opening);
		this.pictures = sighting.pictures;
		return sighting;
	}

	/** Resolves when no picture is being looked at, while the clock stands still. */
	async idle(): Promise<void> {
		let working: Promise<unknown>;
		do {
			working = this.#working;
			await working;
			// What waited for a look goes on first.
			await new Promise((resolve) => setImmediate(resolve));
		} while (working !== this.#working);
	}

	#detect({ width, height, data }: Frame): Promise<readonly Detection[]> {
		// One after the other: there is one detector for both cameras.
		const looking = this.#working.then(() =>
			this.#detector.detect({ format: "i420", width, height, data }, leastScore),
		);
		this.#working = looking.catch(() => undefined);
		return looking.then(({ detections }) => detections);
	}

	#annotated(frame: Frame): Promise<Uint8Array> {
		const { width, height, data } = frame;
		const drawing = this.#detect(frame).then((detections) =>
			annotate(
				{ format: "i420", width, height, data },
				detections.filter(({ score }) => score >= 0.4),
			),
		);
		this.#working = Promise.all([this.#working, drawing.catch(() => undefined)]);
		return drawing;
	}
}
