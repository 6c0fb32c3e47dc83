/** One picture: planar YUV 4:2:0 (I420), full range, BT.601 (as in JPEG, JFIF 1.02), rows without padding. */
export interface Frame {
	/** Which camera took it: 0, 1. */
	readonly camera: number;
	/** Counts up by one a frame of its source; gaps are drops. */
	readonly sequence: number;
	/** When it was taken, on the service's monotonic clock. */
	readonly atMs: number;
	/** Pixels, even. */
	readonly width: number;
	/** Pixels, even. */
	readonly height: number;
	/** `width * height * 3 / 2` bytes: Y, then U, then V. It belongs to who gets it: no source writes to it again. */
	readonly data: Uint8Array;
}

/** Bytes of a frame of this size. */
export function frameBytes(width: number, height: number): number {
	return (width * height * 3) / 2;
}
