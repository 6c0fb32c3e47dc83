import sharp, { type Sharp } from "sharp";
import { decodeImage } from "../detect/decode-image.ts";
import type { ModelDescription } from "../detect/detect-message.ts";
import type { Detection } from "../detect/detection.ts";
import type { Picture } from "../detect/picture.ts";
import { iou } from "../track/box.ts";
import { weakestScore } from "./recognise-enrolled.ts";

/** What looks at photographs. */
export interface PhotographDetector {
	readonly model: Pick<ModelDescription, "resize" | "size">;
	detectPicture(picture: Picture, threshold?: number): Promise<readonly Detection[]>;
}

/** What a photograph says of a product: the detector's features of it, and of the other things in the picture. */
export interface PhotographLooks {
	readonly product: readonly Float32Array[];
	readonly others: readonly Float32Array[];
}

type Change = (image: Sharp) => Sharp;

/** A shelf has other light than a photograph, and another place than its middle. */
const changes: readonly Change[] = [
	(image) => image,
	(image) => image.flop(),
	(image) => image.modulate({ brightness: 0.75 }),
	(image) => image.modulate({ brightness: 1.25 }),
	(image) => image.blur(1.2),
];

/**
 * Looks at a photograph of a product, as it is and changed a little. The product is what stands nearest to the middle of the
 * picture; `undefined` where the detector sees nothing there.
 */
export async function lookAtProduct(
	detector: PhotographDetector,
	bytes: Uint8Array,
): Promise<PhotographLooks | undefined> {
	const product: Float32Array[] = [];
	const others: Float32Array[] = [];
	for (const [index, change] of changes.entries()) {
		const { detections, width, height } = await look(detector, bytes, change);
		const things = detections.filter(({ label }) => label !== "hand");
		const chosen = inTheMiddle(things, width, height);
		// The photograph as it is decides whether there is anything.
		if (chosen === undefined && index === 0) return undefined;
		if (chosen === undefined) continue;
		if (chosen.feature !== undefined) product.push(chosen.feature);
		for (const { box, feature } of things)
			if (feature !== undefined && iou(box, chosen.box) < 0.1 && !isAlike(feature, chosen.feature))
				others.push(feature);
	}
	return { product, others };
}

/** Looks at a picture in which none of the products is. */
export async function lookAtOthers(detector: PhotographDetector, bytes: Uint8Array): Promise<readonly Float32Array[]> {
	const { detections } = await look(detector, bytes, (image) => image);
	return detections.flatMap(({ label, feature }) => (label === "hand" || feature === undefined ? [] : [feature]));
}

async function look(detector: PhotographDetector, bytes: Uint8Array, change: Change) {
	// Checks the image first, as for every other.
	await decodeImage(bytes, detector.model);
	const changed = await change(sharp(bytes).autoOrient()).png({ compressionLevel: 0 }).toBuffer();
	const picture = await decodeImage(changed, detector.model);
	return { detections: await detector.detectPicture(picture, weakestScore), ...picture.source };
}

/** The surest thing around the middle of the picture, the nearer the better. */
function inTheMiddle(things: readonly Detection[], width: number, height: number): Detection | undefined {
	let best: Detection | undefined;
	let bestWorth = 0;
	for (const thing of things) {
		const [x1, y1, x2, y2] = thing.box;
		const away = Math.hypot((x1 + x2) / width - 1, (y1 + y2) / height - 1);
		const worth = (1 - away) * (0.3 + thing.score);
		if (away < 0.25 && worth > bestWorth) {
			best = thing;
			bestWorth = worth;
		}
	}
	return best;
}

/** A second one of the same product in the photograph is no other thing. */
function isAlike(a: Float32Array, b: Float32Array | undefined): boolean {
	let cosine = 0;
	for (let place = 0; place < a.length; place++) cosine += a[place]! * (b?.[place] ?? 0);
	return cosine > 0.85;
}
