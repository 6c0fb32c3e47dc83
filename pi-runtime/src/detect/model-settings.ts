import { z } from "zod";
import { cocoCategories, cocoLabels } from "./coco-labels.ts";

/** The families of detectors that are understood, and what tells them apart: see docs/guides/detector-models.md. */
export const families = ["rt-detr", "hf-rt-detr", "rf-detr", "detr"] as const;
export type Family = (typeof families)[number];

/** How a picture is brought to the model's size. */
export type Resize = "stretch" | "letterbox" | "short-side";

const channels = z.tuple([z.number(), z.number(), z.number()]);
const side = z.int().min(32).max(4_096);

/** What a file beside the model (`NAME.json` or `model.json`) may say; it wins over what the model itself shows. */
export const modelSettingsSchema = z.strictObject({
	/** Name and version for people; they change nothing. */
	name: z.string().min(1).optional(),
	version: z.string().min(1).optional(),
	licence: z.string().min(1).optional(),
	family: z.enum(families).optional(),
	/** Width and height of the model's input in pixels, or one number for a square. */
	size: z.union([side.transform((length): [number, number] => [length, length]), z.tuple([side, side])]).optional(),
	resize: z.enum(["stretch", "letterbox", "short-side"]).optional(),
	/** Of `short-side`: no side gets longer than this. */
	longestSide: side.optional(),
	/** Per channel R, G, B, on the scale of 0 to 1: the input is `(pixel / 255 - mean) / std`. */
	mean: channels.optional(),
	std: channels.refine((values) => values.every((value) => value > 0), "must be above 0").optional(),
	activation: z.enum(["sigmoid", "softmax"]).optional(),
	/** The label of each class number; `null` is a number that is not used. Or the name of a well-known list. */
	labels: z
		.union([z.literal("coco-80"), z.literal("coco-91"), z.array(z.string().min(1).nullable()).min(1).max(10_000)])
		.transform((labels) => (labels === "coco-80" ? cocoLabels : labels === "coco-91" ? cocoCategories : labels))
		.optional(),
	/** Detections below this score are dropped where the caller does not say otherwise. */
	threshold: z.number().gt(0).lt(1).optional(),
});

export type ModelSettings = z.infer<typeof modelSettingsSchema>;

/** Reads the text of a settings file; `path` is for the message. Throws an `Error` that names each bad setting. */
export function parseModelSettings(text: string, path: string): ModelSettings {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new Error(`"${path}" is not JSON: ${error.message}`, { cause: error });
	}
	const parsed = modelSettingsSchema.safeParse(document);
	if (parsed.success) return parsed.data;
	const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(the whole)"}: ${issue.message}`);
	throw new Error(`"${path}" has ${problems.length} problem(s):\n${problems.join("\n")}`);
}
