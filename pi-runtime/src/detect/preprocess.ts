import type { Contract } from "./contract.ts";
import { checkPicture, type Picture } from "./picture.ts";
import { planResize, type ResizePlan } from "./resize-plan.ts";

/** Where each column (or row) of the output is sampled: between `from` and `to`, `weight` 256ths of the way. */
interface Samples {
	readonly from: Int32Array;
	readonly to: Int32Array;
	readonly weight: Int32Array;
}

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

/** `length` samples of a row of `sourceLength` pixels. */
function samplesOf(sourceLength: number, length: number): Samples {
	const from = new Int32Array(length);
	const to = new Int32Array(length);
	const weight = new Int32Array(length);
	for (let index = 0; index < length; index++) {
		const place = Math.min(Math.max(((index + 0.5) * sourceLength) / length - 0.5, 0), sourceLength - 1);
		const before = Math.floor(place);
		from[index] = before;
		to[index] = Math.min(before + 1, sourceLength - 1);
		weight[index] = Math.round((place - before) * 256);
	}
	return { from, to, weight };
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
	const { from: left, to: right, weight: across } = columns;
	const { from: chromaLeft, to: chromaRight, weight: chromaAcross } = chromaColumns;
	const [scaleR = 1, scaleG = 1, scaleB = 1] = scale;
	const [offsetR = 0, offsetG = 0, offsetB = 0] = offset;
	const half = width / 2;
	const plane = plan.inputWidth * plan.inputHeight;
	const uStart = width * height;
	const vStart = uStart + uStart / 4;
	// Sums of two times 8 bits of weight.
	const unit = 1 / 65_536;

	for (let y = 0; y < plan.height; y++) {
		const above = rows.from[y]! * width;
		const below = rows.to[y]! * width;
		const down = rows.weight[y]!;
		const uAbove = uStart + chromaRows.from[y]! * half;
		const uBelow = uStart + chromaRows.to[y]! * half;
		const vAbove = uAbove - uStart + vStart;
		const vBelow = uBelow - uStart + vStart;
		const chromaDown = chromaRows.weight[y]!;
		let out = (plan.top + y) * plan.inputWidth + plan.left;
		for (let x = 0; x < plan.width; x++, out++) {
			const l = left[x]!;
			const r = right[x]!;
			const a = across[x]!;
			const y0 = data[above + l]!;
			const y1 = data[below + l]!;
			const yTop = (y0 << 8) + (data[above + r]! - y0) * a;
			const yBottom = (y1 << 8) + (data[below + r]! - y1) * a;
			const luma = ((yTop << 8) + (yBottom - yTop) * down) * unit;

			const cl = chromaLeft[x]!;
			const cr = chromaRight[x]!;
			const ca = chromaAcross[x]!;
			const u0 = data[uAbove + cl]!;
			const u1 = data[uBelow + cl]!;
			const uTop = (u0 << 8) + (data[uAbove + cr]! - u0) * ca;
			const uBottom = (u1 << 8) + (data[uBelow + cr]! - u1) * ca;
			const u = ((uTop << 8) + (uBottom - uTop) * chromaDown) * unit - 128;
			const v0 = data[vAbove + cl]!;
			const v1 = data[vBelow + cl]!;
			const vTop = (v0 << 8) + (data[vAbove + cr]! - v0) * ca;
			const vBottom = (v1 << 8) + (data[vBelow + cr]! - v1) * ca;
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

const fillFromRgb: Fill = ({ width, data }, plan, { columns, rows }, input, scale, offset) => {
	const { from: left, to: right, weight: across } = columns;
	const plane = plan.inputWidth * plan.inputHeight;
	for (let y = 0; y < plan.height; y++) {
		const above = rows.from[y]! * width;
		const below = rows.to[y]! * width;
		const down = rows.weight[y]!;
		for (let channel = 0; channel < 3; channel++) {
			const unit = (scale[channel] ?? 1) / 65_536;
			const zero = offset[channel] ?? 0;
			let out = channel * plane + (plan.top + y) * plan.inputWidth + plan.left;
			for (let x = 0; x < plan.width; x++, out++) {
				const a = across[x]!;
				const l = left[x]!;
				const r = right[x]!;
				const c0 = data[(above + l) * 3 + channel]!;
				const c1 = data[(below + l) * 3 + channel]!;
				const top = (c0 << 8) + (data[(above + r) * 3 + channel]! - c0) * a;
				const bottom = (c1 << 8) + (data[(below + r) * 3 + channel]! - c1) * a;
				input[out] = ((top << 8) + (bottom - top) * down) * unit + zero;
			}
		}
	}
};
