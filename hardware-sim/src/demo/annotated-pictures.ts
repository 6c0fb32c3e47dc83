import type { Picture } from "@visionvend/pi-runtime/decide/eyes";
import { annotate } from "@visionvend/pi-runtime/detect/annotate";
import { decodeWholeImage } from "@visionvend/pi-runtime/detect/decode-image";
import { openDetector } from "../camera/open-detector.ts";

/** Boxes that are drawn. */
const leastScore = 0.4;

/** The pictures that a Pi kept as evidence, as PNG, with what its detector sees in them drawn on. */
export async function annotatedPictures(pictures: readonly Picture[], modelPath: string): Promise<Picture[]> {
	if (pictures.length === 0) return [];
	const { pipeline } = await openDetector(modelPath);
	const annotated: Picture[] = [];
	// One after the other: there is one detector.
	for (const { name, bytes } of pictures) {
		const picture = await decodeWholeImage(bytes);
		const { detections } = await pipeline.detect(picture, leastScore);
		annotated.push({
			name: name.replace(/\.[a-z]+$/, ".png"),
			mediaType: "image/png",
			bytes: await annotate(picture, detections),
		});
	}
	await pipeline.close();
	return annotated;
}
