import { z } from "zod";

const part = z.number().min(0).max(1);

/**
 * Settings of tracking, with the names that their papers and the first VisionVend used: `n_init`, `max_iou_distance` and
 * `max_cosine_distance` of DeepSORT, `track_high_thresh` and its like of ByteTrack, `hand_iou_max` of VisionVend.
 */
export const trackerSettingsSchema = z.strictObject({
	/** Scores from here up found tracks and are matched first. */
	track_high_thresh: part.default(0.5),
	/** Scores from here up may carry a track on that nothing better carries. What scores less is not looked at. */
	track_low_thresh: part.default(0.1),
	/** Scores from here up begin a new track. */
	new_track_thresh: part.default(0.6),
	/** The same two for hands: whoever misses a hand misses a take, and a hand that is none takes nothing. */
	hand_high_thresh: part.default(0.35),
	new_hand_thresh: part.default(0.35),
	/** First association: a pair is possible while 1 − IoU stays below this. */
	max_iou_distance: part.default(0.8),
	/** Second association, of weak boxes: the same, and stricter. */
	max_low_iou_distance: part.default(0.5),
	/** Features farther apart than this (1 − cosine) say nothing for a pair. */
	max_cosine_distance: z.number().min(0).max(2).default(0.25),
	/** Part of the old feature that a new one leaves in place. */
	feature_momentum: part.default(0.9),
	/** What full disagreement about the class adds to a pair's cost. */
	class_cost: part.default(0.3),
	/** Third association: so far may a thing have leapt from where it was last seen, in sizes of its box. */
	max_leap: z.number().min(0).max(5).default(1),
	/** The same for hands, of which there are few and which are fast. */
	max_hand_leap: z.number().min(0).max(10).default(2.5),
	/** So many pictures in a row may miss a track that does not count yet. */
	tentative_misses: z.int().min(0).max(100).default(1),
	/** Looks until a track counts. */
	n_init: z.int().min(1).max(100).default(3),
	/** A track that nothing was seen of for longer is over, milliseconds. */
	max_age_ms: z.number().min(0).max(60_000).default(1_500),
	/** Length of one frame, milliseconds: the unit in which the filter counts time. */
	frame_ms: z
		.number()
		.positive()
		.max(10_000)
		.default(1_000 / 15),
	/** How much one look counts for the class, 0 to 1: looks a frame apart err together. */
	class_evidence: part.default(0.35),
});

export type TrackerSettings = z.infer<typeof trackerSettingsSchema>;

export const defaultTrackerSettings: TrackerSettings = Object.freeze(trackerSettingsSchema.parse({}));
