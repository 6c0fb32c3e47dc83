import type { Detection } from "../detect/detection.ts";
import type { ShelfZone } from "../events/shelf-zones.ts";
import { type Box, iou } from "../track/box.ts";

/** Where a person puts a product, as seen from in front. */
export const corners = ["left front", "right front", "right back", "left back"] as const;

/**
 * The product that was put there since `before`: the best one that overlaps nothing that stood there already. `undefined` when
 * none is seen.
 */
export function newProduct(before: readonly Detection[], after: readonly Detection[]): Detection | undefined {
	const products = after.filter(({ label, score }) => label !== "hand" && score >= 0.4);
	return products.find(({ box }) => before.every((other) => other.score < 0.4 || iou(box, other.box) < 0.5));
}

/**
 * The zone of a shelf from the boxes of a product at its four corners (see `corners`): around them, and as high at the front and
 * the back as the product stands there.
 */
export function zoneOf(
	{ camera, shelf }: Pick<ShelfZone, "camera" | "shelf">,
	[leftFront, rightFront, rightBack, leftBack]: readonly [Box, Box, Box, Box],
	{ width, height }: { readonly width: number; readonly height: number },
): ShelfZone {
	const point = (x: number, y: number): [number, number] => [part(x / width), part(y / height)];
	return {
		camera,
		shelf,
		polygon: [
			point(Math.min(leftFront[0], leftBack[0]), Math.min(leftFront[1], leftBack[1])),
			point(Math.max(rightFront[2], rightBack[2]), Math.min(rightFront[1], rightBack[1])),
			point(Math.max(rightFront[2], rightBack[2]), Math.max(rightFront[3], rightBack[3])),
			point(Math.min(leftFront[0], leftBack[0]), Math.max(leftFront[3], leftBack[3])),
		],
	};
}

/** Three decimals are less than a pixel of a picture of 720 rows. */
function part(value: number): number {
	return Math.min(1, Math.max(0, Math.round(value * 1_000) / 1_000));
}
