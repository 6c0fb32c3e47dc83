import { frameBytes } from "./frame.ts";

/** How the rows of a program's raw I420 lie in its output. */
export interface RawLayout {
	readonly width: number;
	readonly height: number;
	/** Bytes from a row of Y to the next; a row of U or V takes half of it. Even, `width` at least. */
	readonly stride: number;
}

/** Bytes from a row to the next as the camera stack of the Raspberry Pi lays them: the next multiple of 64 for Y. */
export function piStride(width: number): number {
	return Math.ceil(width / 64) * 64;
}

/** Cuts a stream of raw I420 with padded rows into frames without padding, whatever the size of its pieces. */
export class FrameSlicer {
	readonly #layout: RawLayout;
	readonly #paddedBytes: number;
	/** The frame that is being filled; `undefined` between two. */
	#frame: Uint8Array | undefined;
	/** Bytes of the padded frame that have come. */
	#filled = 0;

	constructor(layout: RawLayout) {
		const { width, height, stride } = layout;
		if (width % 2 !== 0 || height % 2 !== 0 || width <= 0 || height <= 0)
			throw new RangeError(`I420 has even sides; this is ${width}×${height}.`);
		if (stride % 2 !== 0 || stride < width)
			throw new RangeError(`A row of ${width} pixels cannot lie in a stride of ${stride} bytes.`);
		this.#layout = layout;
		this.#paddedBytes = frameBytes(stride, height);
	}

	/** Bytes that wait for the rest of their frame. Above 0 at the end of the stream, its last frame is torn. */
	get pendingBytes(): number {
		return this.#filled;
	}

	/** Takes the next piece and gives the frames that it completes, each in memory of its own. */
	*push(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
		let at = 0;
		while (at < piece.length) {
			// Every byte of it is written before it is handed out.
			this.#frame ??= Buffer.allocUnsafeSlow(frameBytes(this.#layout.width, this.#layout.height));
			const taken = Math.min(piece.length - at, this.#paddedBytes - this.#filled);
			this.#copy(piece.subarray(at, at + taken), this.#frame);
			this.#filled += taken;
			at += taken;
			if (this.#filled < this.#paddedBytes) continue;
			const frame = this.#frame;
			this.#frame = undefined;
			this.#filled = 0;
			yield frame;
		}
	}

	/** Copies a piece that starts `#filled` bytes into the padded frame and does not end behind it. */
	#copy(piece: Uint8Array, frame: Uint8Array): void {
		const { width, height, stride } = this.#layout;
		if (stride === width) {
			frame.set(piece, this.#filled);
			return;
		}
		const lumaBytes = stride * height;
		let at = 0;
		while (at < piece.length) {
			const position = this.#filled + at;
			const isLuma = position < lumaBytes;
			const rowBytes = isLuma ? stride : stride / 2;
			const rowPixels = isLuma ? width : width / 2;
			// Rows of V follow those of U without a gap.
			const row = Math.floor((isLuma ? position : position - lumaBytes) / rowBytes);
			const column = (isLuma ? position : position - lumaBytes) % rowBytes;
			const length = Math.min(rowBytes - column, piece.length - at);
			const pixels = Math.min(length, rowPixels - column);
			if (pixels > 0) {
				const start = (isLuma ? 0 : width * height) + row * rowPixels + column;
				frame.set(piece.subarray(at, at + pixels), start);
			}
			at += length;
		}
	}
}
