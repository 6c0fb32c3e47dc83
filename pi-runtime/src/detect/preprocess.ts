import type { Contract } from "./contract.ts";
import { checkPicture, type Picture } from "./picture.ts";
import { planResize, type ResizePlan } from "./resize-plan.ts";

/**
 * Where each column (or row) of the output is sampled: between source pixel `value >> 9` and the next one, `value & 511`
 * 256ths of the way (0 to 256). One number, because reading tables is half of the work.
 */
type Samples = Int32Array;

interface Tables {
	readonly key: string;
	readonly columns: Samples;
	readonly rows: Samples;
	/** Of the planes with half as many columns and rows. */
	readonly chromaColumns: Samples;
	readonly chromaRows: Samples;
}

/**
 * Turns pictures into a model's input: resized bilinearly (pixel centres at halves, as in PIL and OpenCV), RGB,
 * normalised, planes one after the other (CHW), in one pass over the output. The input array is used again for the
 * next picture of the same plan.
 */
export class Preprocessor {
	readonly #contract: Pick<Contract, "resize" | "size" | "mean" | "std">;
	#input = new Float32Array(0);
	#inputKey = "";
	#tables: Tables | undefined;

	constructor(contract: Pick<Contract, "resize" | "size" | "mean" | "std">) {
		this.#contract = contract;
	}

	/** The model's input of this picture, and how the picture lies in it. The next call writes over the input. */
	prepare(picture: Picture): { readonly input: Float32Array; readonly plan: ResizePlan } {
		checkPicture(picture);
		const { width, height } = picture.source ?? picture;
		const plan = planResize(this.#contract, width, height);
		const { mean, std } = this.#contract;
		const scale = std.map((deviation) => 1 / (255 * deviation));
		const offset = std.map((deviation, channel) => -(mean[channel] ?? 0) / deviation);
		this.#prepareInput(plan, offset);
		const tables = this.#tablesOf(picture, plan);
		const fill = picture.format === "i420" ? fillFromI420 : fillFromRgb;
		fill(picture, plan, tables, this.#input, scale, offset);
		return { input: this.#input, plan };
	}

	#prepareInput({ inputWidth, inputHeight, left, top, width, height }: ResizePlan, offset: readonly number[]): void {
		const key = [inputWidth, inputHeight, left, top, width, height].join();
		if (key === this.#inputKey) return;
		this.#inputKey = key;
		const plane = inputWidth * inputHeight;
		if (this.#input.length !== 3 * plane) this.#input = new Float32Array(3 * plane);
		// The margins of a letterbox are black and stay so.
		for (let channel = 0; channel < 3; channel++)
			this.#input.fill(offset[channel] ?? 0, channel * plane, (channel + 1) * plane);
	}

	#tablesOf({ format, width, height }: Picture, plan: ResizePlan): Tables {
		const key = [format, width, height, plan.width, plan.height].join();
		if (this.#tables?.key === key) return this.#tables;
		const columns = samplesOf(width, plan.width);
		const rows = samplesOf(height, plan.height);
		this.#tables = {
			key,
			columns,
			rows,
			chromaColumns: format === "i420" ? samplesOf(width / 2, plan.width) : columns,
			chromaRows: format === "i420" ? samplesOf(height / 2, plan.height) : rows,
		};
		return this.#tables;
	}
}

/** `length` samples of a row of `sourceLength` pixels. Of one pixel alone all samples are that pixel, none of the way on. */
function samplesOf(sourceLength: number, length: number): Samples {
	return Int32Array.from({ length }, (_, index) => {
		const place = Math.min(Math.max(((index + 0.5) * sourceLength) / length - 0.5, 0), sourceLength - 1);
		// The last pixel is the whole way from the one before it.
		const before = Math.max(0, Math.min(Math.floor(place), sourceLength - 2));
		return before * 512 + Math.round((place - before) * 256);
	});
}

type Fill = (
	picture: Picture,
	plan: ResizePlan,
	tables: Tables,
	input: Float32Array,
	scale: readonly number[],
	offset: readonly number[],
) => void;

/**
 * Colours by ITU-T T.871 (JFIF), section 7: full range, the matrix of BT.601. In whole numbers, without a branch that depends
 * on the picture: values are 256ths of a level, and two neighbours of a row are blended with the row below in one multiplication.
 * `| 0` and `Math.imul` say that numbers are of 32 bits, which V8 else has to guess from the first pictures, and then may not.
 */
const fillFromI420: Fill = (picture, plan, tables, input, scale, offset) => {
	const { columns, rows, chromaColumns, chromaRows } = tables;
	const [scaleR, scaleG, scaleB] = [(scale[0] ?? 1) / 256, (scale[1] ?? 1) / 256, (scale[2] ?? 1) / 256];
	const [offsetR = 0, offsetG = 0, offsetB = 0] = offset;
	const width = picture.width | 0;
	const height = picture.height | 0;
	const half = width >> 1;
	const plane = Math.imul(plan.inputWidth, plan.inputHeight);
	const uStart = Math.imul(width, height);
	const uToV = uStart >> 2;
	// Of a plane of one row, the next one is the same; of one column alone the neighbour has no weight, and must only be there.
	const chromaBelow = height > 2 ? half : 0;
	const { buffer, byteOffset, byteLength } = half > 1 ? picture.data : Uint8Array.of(...picture.data, 0);
	const bytes = new DataView(buffer, byteOffset, byteLength);
	const outHeight = plan.height | 0;
	const outWidth = plan.width | 0;

	for (let y = 0; y < outHeight; y++) {
		const row = Math.imul(rows[y]! >> 9, width);
		const down = rows[y]! & 511;
		const up = (256 - down) | 0;
		const chromaRow = (uStart + Math.imul(chromaRows[y]! >> 9, half)) | 0;
		const chromaDown = chromaRows[y]! & 511;
		const chromaUp = (256 - chromaDown) | 0;
		const out = (Math.imul((plan.top + y) | 0, plan.inputWidth) + plan.left) | 0;
		for (let x = 0; x < outWidth; x++) {
			const column = columns[x]!;
			const at = (row + (column >> 9)) | 0;
			// The left one of a pair in the lower 16 bits, the right one in the upper: 255 times 256 fits.
			let top = bytes.getUint16(at, true);
			let bottom = bytes.getUint16((at + width) | 0, true);
			top = (top | (top << 8)) & 0x00ff00ff;
			bottom = (bottom | (bottom << 8)) & 0x00ff00ff;
			let pair = (Math.imul(top, up) + Math.imul(bottom, down)) | 0;
			let left = pair & 0xffff;
			const luma = ((left << 8) + Math.imul((pair >>> 16) - left, column & 511)) >> 8;

			const chromaColumn = chromaColumns[x]!;
			const chromaAcross = chromaColumn & 511;
			const atU = (chromaRow + (chromaColumn >> 9)) | 0;
			top = bytes.getUint16(atU, true);
			bottom = bytes.getUint16((atU + chromaBelow) | 0, true);
			top = (top | (top << 8)) & 0x00ff00ff;
			bottom = (bottom | (bottom << 8)) & 0x00ff00ff;
			pair = (Math.imul(top, chromaUp) + Math.imul(bottom, chromaDown)) | 0;
			left = pair & 0xffff;
			const u = ((((left << 8) + Math.imul((pair >>> 16) - left, chromaAcross)) >> 8) - 32_768) | 0;

			const atV = (atU + uToV) | 0;
			top = bytes.getUint16(atV, true);
			bottom = bytes.getUint16((atV + chromaBelow) | 0, true);
			top = (top | (top << 8)) & 0x00ff00ff;
			bottom = (bottom | (bottom << 8)) & 0x00ff00ff;
			pair = (Math.imul(top, chromaUp) + Math.imul(bottom, chromaDown)) | 0;
			left = pair & 0xffff;
			const v = ((((left << 8) + Math.imul((pair >>> 16) - left, chromaAcross)) >> 8) - 32_768) | 0;

			// 1.402, .344136, .714136 and 1.772, in 32,768ths.
			const red = within((luma + (Math.imul(v, 45_941) >> 15)) | 0);
			const green = within((luma - ((Math.imul(u, 11_277) + Math.imul(v, 23_401)) >> 15)) | 0);
			const blue = within((luma + (Math.imul(u, 58_065) >> 15)) | 0);
			const place = (out + x) | 0;
			input[place] = red * scaleR + offsetR;
			input[(place + plane) | 0] = green * scaleG + offsetG;
			input[(place + plane + plane) | 0] = blue * scaleB + offsetB;
		}
	}
};

/** The value, but not below 0 and not above 255 levels of 256. */
function within(value: number): number {
	const positive = value & ~(value >> 31);
	const over = ((65_280 - positive) | 0) >> 31;
	return (positive & ~over) | (65_280 & over);
}

const fillFromRgb: Fill = ({ width, height, data }, plan, { columns, rows }, input, scale, offset) => {
	const plane = plan.inputWidth * plan.inputHeight;
	// As above.
	const right = width > 1 ? 3 : 0;
	const below = height > 1 ? width * 3 : 0;
	for (let y = 0; y < plan.height; y++) {
		const row = (rows[y]! >> 9) * width;
		const down = rows[y]! & 511;
		for (let channel = 0; channel < 3; channel++) {
			const unit = (scale[channel] ?? 1) / 65_536;
			const zero = offset[channel] ?? 0;
			let out = channel * plane + (plan.top + y) * plan.inputWidth + plan.left;
			for (let x = 0; x < plan.width; x++, out++) {
				const column = columns[x]!;
				const across = column & 511;
				const at = (row + (column >> 9)) * 3 + channel;
				const c0 = data[at]!;
				const c1 = data[at + below]!;
				const top = (c0 << 8) + (data[at + right]! - c0) * across;
				const bottom = (c1 << 8) + (data[at + below + right]! - c1) * across;
				input[out] = ((top << 8) + (bottom - top) * down) * unit + zero;
			}
		}
	}
};
