/** One picture: planar YUV 4:2:0 (I420), full range (JPEG), rows without padding. */
export interface Frame {
	/** Number of the camera: 0, 1. */
	readonly camera: number;
	/** Counts up by one a frame of its source; gaps are drops. */
	readonly sequence: number;
	/** When it was taken, on the service's monotonic clock. */
	readonly atMs: number;
	/** Pixels a row; even. */
	readonly width: number;
	/** Rows; even. */
	readonly height: number;
	/** `width * height * 3 / 2` bytes: all of Y, then U, then V, the last two with half as many columns and rows. */
	readonly data: Uint8Array;
}
