import { z } from "zod";

const part = z.number().min(0).max(1);

/** Settings of events; `hand_iou_max` has the name that the first VisionVend gave it. */
export const eventSettingsSchema = z.strictObject({
	/**
	 * A product and a hand that overlap more than this (intersection over the smaller box) touch: the product is held or
	 * hidden, and does not count as standing free.
	 */
	hand_iou_max: part.default(0.15),
	/** What scores less is not looked at in a hand. */
	held_score_min: part.default(0.15),
	/** What scores less does not stand on a shelf. */
	scene_score_min: part.default(0.3),
	/** How much one look counts for the class, 0 to 1: looks a frame apart err together. */
	class_evidence: part.default(0.35),
	/** Pictures on either side of a reach that are averaged, at most. */
	scene_frames: z.int().min(2).max(200).default(12),
	/** Events that are less probable are not told. */
	event_probability_min: part.default(0.1),
});

export type EventSettings = z.infer<typeof eventSettingsSchema>;

export const defaultEventSettings: EventSettings = Object.freeze(eventSettingsSchema.parse({}));
