import type { SeenObject } from "./scene.ts";
import type { PictureSize } from "./view.ts";

/** What the shipped detector takes, pixels: nearly the shape of what a camera sees, so that things keep their proportions. */
export const detectorSize: PictureSize = Object.freeze({ width: 448, height: 256 });

/** An object counts when half of what it would show alone can be seen. */
export const countedVisibility = 0.5;

/** An object counts when the part of it that can be seen is nowhere narrower, in pixels of the detector's input. */
export const countedSidePixels = 12;

/**
 * Whether a detector must find an object. What is hidden too far or too small is neither right nor wrong to find: it is
 * left out of training and of judgement alike. `size`: of the picture that the object's box is measured in.
 */
export function isCounted({ visibility, box: [x1, y1, x2, y2] }: SeenObject, size: PictureSize): boolean {
	const across = ((x2 - x1) * detectorSize.width) / size.width;
	const down = ((y2 - y1) * detectorSize.height) / size.height;
	return visibility >= countedVisibility && Math.min(across, down) >= countedSidePixels;
}
