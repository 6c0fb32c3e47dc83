import type { Contract } from "./contract.ts";
import { I420Kernel, samplesOf } from "./i420-kernel.ts";
import { checkPicture, type Picture } from "./picture.ts";
import { planResize, type ResizePlan } from "./resize-plan.ts";

/** What was prepared for pictures of one format and size. */
interface Prepared {
	readonly key: string;
	readonly input: Float32Array;
	fill(data: Uint8Array): void;
}

/**
 * Turns pictures into a model's input: resized bilinearly (pixel centres at halves, as in PIL and OpenCV), RGB,
 * normalised, planes one after the other (CHW), in one pass over the output. The input array is used again for the
 * next picture of the same size.
 */
export class Preprocessor {
	readonly #contract: Pick<Contract, "resize" | "size" | "mean" | "std">;
	#prepared: Prepared | undefined;

	constructor(contract: Pick<Contract, "resize" | "size" | "mean" | "std">) {
		this.#contract = contract;
	}

	/** The model's input of this picture, and how the picture lies in it. The next call writes over the input. */
	prepare(picture: Picture): { readonly input: Float32Array; readonly plan: ResizePlan } {
		checkPicture(picture);
		const { width, height } = picture.source ?? picture;
		const plan = planResize(this.#contract, width, height);
		const key = [picture.format, picture.width, picture.height, ...Object.values(plan)].join();
		if (this.#prepared?.key !== key) this.#prepared = { key, ...this.#prepare(picture, plan) };
		this.#prepared.fill(picture.data);
		return { input: this.#prepared.input, plan };
	}

	#prepare(picture: Picture, plan: ResizePlan): Omit<Prepared, "key"> {
		const { mean, std } = this.#contract;
		const scale = std.map((deviation) => 1 / (255 * deviation));
		const offset = std.map((deviation, channel) => -(mean[channel] ?? 0) / deviation);
		const plane = plan.inputWidth * plan.inputHeight;
		// The margins of a letterbox are black and stay so.
		const blacken = (input: Float32Array): void => {
			for (let channel = 0; channel < 3; channel++)
				input.fill(offset[channel] ?? 0, channel * plane, (channel + 1) * plane);
		};
		if (picture.format === "i420") {
			const kernel = new I420Kernel(picture, plan, scale, offset);
			blacken(kernel.input);
			return { input: kernel.input, fill: (data) => kernel.fill(data) };
		}
		const input = new Float32Array(3 * plane);
		blacken(input);
		const columns = packed(picture.width, plan.width);
		const rows = packed(picture.height, plan.height);
		const { width, height } = picture;
		const fill = (data: Uint8Array): void =>
			fillFromRgb({ width, height, data }, plan, { columns, rows }, input, scale, offset);
		return { input, fill };
	}
}

/** Samples, each as one number, because reading tables is half of the work: the pixel in the upper bits, the weight in the lower 9. */
function packed(sourceLength: number, length: number): Int32Array {
	return Int32Array.from(samplesOf(sourceLength, length), ({ before, weight }) => before * 512 + weight);
}

function fillFromRgb(
	{ width, height, data }: Pick<Picture, "width" | "height" | "data">,
	plan: ResizePlan,
	{ columns, rows }: { readonly columns: Int32Array; readonly rows: Int32Array },
	input: Float32Array,
	scale: readonly number[],
	offset: readonly number[],
): void {
	const plane = plan.inputWidth * plan.inputHeight;
	// Of a picture of one column or one row, the next pixel is the same.
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
}
