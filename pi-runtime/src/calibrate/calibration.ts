import { z } from "zod";
import { shelfZoneSchema } from "../events/shelf-zones.ts";

/** What `visionvend-pi capture --calibrate` writes and `vision.calibration` reads: a camera each. */
const calibrationSchema = z.strictObject({
	version: z.literal(1),
	cameras: z
		.array(
			z.strictObject({
				camera: z.int().min(0).max(15),
				source: z.string(),
				measuredAt: z.iso.datetime(),
				/** See `PictureQuality`. A picture that becomes much less sharp was knocked or is steamed up. */
				sharpness: z.number().min(0),
				brightness: z.number().min(0).max(255),
				zones: z.array(shelfZoneSchema).min(1),
			}),
		)
		.min(1)
		.refine(
			(cameras) => new Set(cameras.map(({ camera }) => camera)).size === cameras.length,
			"each camera stands once",
		),
});

export type Calibration = z.infer<typeof calibrationSchema>;

/** Reads the text of a calibration file. Throws an `Error` that says what is wrong with it. */
export function parseCalibration(text: string): Calibration {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new Error(`The calibration is not JSON: ${error.message}`);
	}
	const parsed = calibrationSchema.safeParse(document);
	if (!parsed.success) throw new Error(`The calibration is none: ${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

/** The calibration with one camera's part in the place of the one before. */
export function withCamera(before: Calibration | undefined, part: Calibration["cameras"][number]): Calibration {
	const others = before?.cameras.filter(({ camera }) => camera !== part.camera) ?? [];
	return { version: 1, cameras: [...others, part].sort((one, other) => one.camera - other.camera) };
}
