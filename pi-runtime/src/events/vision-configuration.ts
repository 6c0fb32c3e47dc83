import { z } from "zod";
import { isSource, sourceForms } from "../capture/open-frame-source.ts";
import { engines } from "../detect/detect-message.ts";
import { recordingSchema } from "../record/recording-configuration.ts";
import { trackerSettingsSchema } from "../track/tracker-settings.ts";
import { eventSettingsSchema } from "./event-settings.ts";
import { shelfZoneSchema } from "./shelf-zones.ts";

/** What the service has to know about its cameras. */
export const visionSchema = z.strictObject({
	/** Camera 0 first. */
	cameras: z
		.array(z.string().refine(isSource, { error: `must be ${sourceForms}` }))
		.min(1)
		.max(4),
	/** Of each camera's pictures, pixels. */
	width: z.int().min(64).max(4_096).multipleOf(2).default(1_280),
	height: z.int().min(64).max(4_096).multipleOf(2).default(720),
	framesPerSecond: z.number().min(1).max(60).default(15),
	/** An ONNX detector; the one that comes with VisionVend where not given. */
	model: z.string().min(1).optional(),
	/** `ort`: ONNX Runtime. `tfjs`: TensorFlow.js, some times slower. */
	engine: z.enum(engines).default("ort"),
	/** What `capture --calibrate` wrote: where the shelves are in the pictures; `zones` goes before it. */
	calibration: z.string().min(1).optional(),
	/** Where the shelves are in the pictures. */
	zones: z.array(shelfZoneSchema).min(1).optional(),
	/** Video of what the cameras see; nothing is recorded where not given. */
	recording: recordingSchema.optional(),
	tracking: trackerSettingsSchema.prefault({}),
	events: eventSettingsSchema.prefault({}),
});

export type VisionConfiguration = z.infer<typeof visionSchema>;
