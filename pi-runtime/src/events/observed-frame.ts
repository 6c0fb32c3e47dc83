import type { Detection } from "../detect/detection.ts";

/** What a detector saw in one picture. The picture itself is gone. */
export interface ObservedFrame {
	readonly camera: number;
	/** When it was taken, milliseconds on the Pi's monotonic clock. */
	readonly atMs: number;
	/** Of the picture, pixels. */
	readonly width: number;
	readonly height: number;
	/** Something moved since the picture before; not given where nobody knows. */
	readonly moved?: boolean | undefined;
	readonly detections: readonly Detection[];
}
