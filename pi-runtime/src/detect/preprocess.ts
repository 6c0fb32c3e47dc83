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

/** Colours by ITU-T T.871 (JFIF), section 7: full range, the matrix of BT.601. */
const fillFromI420: Fill = ({ width, height, data }, plan, tables, input, scale, offset) => {
	const { columns, rows, chromaColumns, chromaRows } = tables;
	const [scaleR = 1, scaleG = 1, scaleB = 1] = scale;
	const [offsetR = 0, offsetG = 0, offsetB = 0] = offset;
	const half = width / 2;
	const plane = plan.inputWidth * plan.inputHeight;
	const uStart = width * height;
	const uToV = uStart / 4;
	// Of a plane of one column or one row, the next pixel is the same.
	const chromaRight = half > 1 ? 1 : 0;
	const chromaBelow = height > 2 ? half : 0;
	// Sums of two times 8 bits of weight.
	const unit = 1 / 65_536;

	for (let y = 0; y < plan.height; y++) {
		const row = (rows[y]! >> 9) * width;
		const down = rows[y]! & 511;
		const chromaRow = uStart + (chromaRows[y]! >> 9) * half;
		const chromaDown = chromaRows[y]! & 511;
		let out = (plan.top + y) * plan.inputWidth + plan.left;
		for (let x = 0; x < plan.width; x++, out++) {
			const column = columns[x]!;
			const across = column & 511;
			const at = row + (column >> 9);
			const y0 = data[at]!;
			const y1 = data[at + width]!;
			const yTop = (y0 << 8) + (data[at + 1]! - y0) * across;
			const yBottom = (y1 << 8) + (data[at + width + 1]! - y1) * across;
			const luma = ((yTop << 8) + (yBottom - yTop) * down) * unit;

			const chromaColumn = chromaColumns[x]!;
			const chromaAcross = chromaColumn & 511;
			const atU = chromaRow + (chromaColumn >> 9);
			const u0 = data[atU]!;
			const u1 = data[atU + chromaBelow]!;
			const uTop = (u0 << 8) + (data[atU + chromaRight]! - u0) * chromaAcross;
			const uBottom = (u1 << 8) + (data[atU + chromaBelow + chromaRight]! - u1) * chromaAcross;
			const u = ((uTop << 8) + (uBottom - uTop) * chromaDown) * unit - 128;
			const atV = atU + uToV;
			const v0 = data[atV]!;
			const v1 = data[atV + chromaBelow]!;
			const vTop = (v0 << 8) + (data[atV + chromaRight]! - v0) * chromaAcross;
			const vBottom = (v1 << 8) + (data[atV + chromaBelow + chromaRight]! - v1) * chromaAcross;
			const v = ((vTop << 8) + (vBottom - vTop) * chromaDown) * unit - 128;

			const red = luma + 1.402 * v;
			const green = luma - 0.344136 * u - 0.714136 * v;
			const blue = luma + 1.772 * u;
			input[out] = (red < 0 ? 0 : red > 255 ? 255 : red) * scaleR + offsetR;
			input[out + plane] = (green < 0 ? 0 : green > 255 ? 255 : green) * scaleG + offsetG;
			input[out + 2 * plane] = (blue < 0 ? 0 : blue > 255 ? 255 : blue) * scaleB + offsetB;
		}
	}
};

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
