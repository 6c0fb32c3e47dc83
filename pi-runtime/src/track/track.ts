import type { Detection } from "../detect/detection.ts";
import type { Box } from "./box.ts";
import { ClassPosterior } from "./class-posterior.ts";
import { KalmanBox } from "./kalman-box.ts";
import type { TrackerSettings } from "./tracker-settings.ts";

/**
 * - `tentative`: seen too few times to count.
 * - `confirmed`: seen in the last picture.
 * - `lost`: not seen in the last picture, and not given up.
 */
export type TrackState = "tentative" | "confirmed" | "lost";

/** One thing through time, as it is now. */
export class Track {
	/** From 1, never given twice. */
	readonly id: number;
	readonly isHand: boolean;
	readonly startedMs: number;
	/** Over the labels of the tracker. */
	readonly classes: ClassPosterior;
	readonly #settings: TrackerSettings;
	#kalman: KalmanBox;
	/** The filter as it was at the last look. */
	#atLastLook: KalmanBox;
	/** Times the filter was moved on since then. */
	#foreseen = 0;
	#state: TrackState = "tentative";
	#hits = 0;
	#detection: Detection;
	#lastSeenMs: number;
	#predictedMs: number;
	#feature: Float32Array | undefined;

	constructor(
		id: number,
		detection: Detection,
		label: number,
		classes: number,
		atMs: number,
		settings: TrackerSettings,
	) {
		this.id = id;
		this.isHand = detection.label === "hand";
		this.startedMs = atMs;
		this.#settings = settings;
		this.#kalman = new KalmanBox(detection.box);
		this.#atLastLook = this.#kalman;
		this.#detection = detection;
		this.#lastSeenMs = atMs;
		this.#predictedMs = atMs;
		this.classes = new ClassPosterior(classes, settings.class_evidence);
		this.#look(detection, label);
	}

	get state(): TrackState {
		return this.#state;
	}

	/** Where it is believed to be at the last picture. */
	get box(): Box {
		return this.#kalman.box;
	}

	/** Of its centre, pixels a frame. */
	get velocity(): readonly [x: number, y: number] {
		return this.#kalman.velocity;
	}

	/** What was last seen of it. */
	get detection(): Detection {
		return this.#detection;
	}

	get lastSeenMs(): number {
		return this.#lastSeenMs;
	}

	/** Looks in all. */
	get hits(): number {
		return this.#hits;
	}

	/** Pictures since it was last seen. */
	get misses(): number {
		return this.#foreseen;
	}

	/** Moving average of the detector's features, unit length; undefined where the detector has none. */
	get feature(): Float32Array | undefined {
		return this.#feature;
	}

	/** Lets time pass until `atMs`. */
	predict(atMs: number): void {
		if (this.#foreseen++ === 0) this.#atLastLook = this.#kalman.clone();
		this.#kalman.predict((atMs - this.#predictedMs) / this.#settings.frame_ms);
		this.#predictedMs = atMs;
	}

	/** Seen; `label` is the detection's place among the labels. */
	see(detection: Detection, label: number, atMs: number): void {
		if (this.#foreseen > 1) this.#updateAfterGap(detection.box, atMs);
		else this.#kalman.update(detection.box);
		this.#foreseen = 0;
		this.#detection = detection;
		this.#lastSeenMs = atMs;
		this.#look(detection, label);
	}

	/** Not seen in the picture at hand. */
	miss(): void {
		if (this.#state === "confirmed") this.#state = "lost";
	}

	#look(detection: Detection, label: number): void {
		this.#hits++;
		if (this.#state === "lost" || this.#hits >= this.#settings.n_init) this.#state = "confirmed";
		this.classes.add({ label, score: detection.score, classScores: detection.classScores });
		this.#learn(detection.feature);
	}

	/**
	 * OC-SORT's re-update (Cao et al. 2023, §4.1): errors that grew while nothing was seen are undone. The filter goes back to
	 * the last look and walks to the new one along boxes that lie evenly between the two.
	 */
	#updateAfterGap(box: Box, atMs: number): void {
		const frames = (atMs - this.#lastSeenMs) / this.#settings.frame_ms;
		const steps = Math.max(1, Math.round(frames));
		const from = this.#detection.box;
		for (let step = 1; step <= steps; step++) {
			const at = step / steps;
			const between = (index: 0 | 1 | 2 | 3) => from[index] + (box[index] - from[index]) * at;
			this.#atLastLook.predict(frames / steps);
			this.#atLastLook.update([between(0), between(1), between(2), between(3)]);
		}
		this.#kalman = this.#atLastLook;
		this.#predictedMs = atMs;
	}

	#learn(feature: Float32Array | undefined): void {
		if (feature === undefined) return;
		const old = this.#feature;
		if (old === undefined || old.length !== feature.length) {
			this.#feature = Float32Array.from(feature);
			return;
		}
		const keep = this.#settings.feature_momentum;
		let squares = 0;
		for (let index = 0; index < old.length; index++) {
			old[index] = keep * old[index]! + (1 - keep) * feature[index]!;
			squares += old[index]! ** 2;
		}
		const length = Math.sqrt(squares);
		if (length > 0) for (let index = 0; index < old.length; index++) old[index]! /= length;
	}
}
