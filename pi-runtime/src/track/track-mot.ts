import { byFrame, formatMot, type MotRow } from "./mot-file.ts";
import { Tracker } from "./tracker.ts";
import type { TrackerSettings } from "./tracker-settings.ts";

/**
 * Follows the detections of a MOTChallenge file. Returns the lines of the result, by frame, then by id: the boxes of
 * confirmed tracks as they were detected. Frames without a row are pictures in which nothing was seen.
 */
export function trackMot(rows: readonly MotRow[], settings: TrackerSettings): string[] {
	const tracker = new Tracker({ labels: ["object"], settings });
	const frames = byFrame(rows);
	const last = rows.reduce((most, { frame }) => Math.max(most, frame), 0);
	const lines: string[] = [];
	for (let frame = 1; frame <= last; frame++) {
		const detections = (frames.get(frame) ?? []).map(({ box, confidence }) => ({
			label: "object",
			score: confidence,
			box,
		}));
		for (const { id, state, detection } of tracker.update(detections, frame * settings.frame_ms)) {
			// As in SORT, the first frames cannot wait for tracks to be confirmed.
			if (state !== "confirmed" && frame > settings.n_init) continue;
			lines.push(formatMot({ frame, id, box: detection.box, confidence: detection.score }));
		}
	}
	return lines;
}
