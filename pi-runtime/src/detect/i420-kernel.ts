import type { ResizePlan } from "./resize-plan.ts";

/** `i420-kernel.wat`, assembled; its test tells how. */
export const kernelBytes = Buffer.from(
	"AGFzbQEAAAABEQFgDX9/f39/f399fX19fX0AAwIBAAUDAQABBxECBm1lbW9yeQIABGZpbGwAAAr+CAH7CAIGfwh7A0AgAigCACEOIAIoAgT9ECEY/QwAAQABAAEAAQABAAEAAQABIBj9kQEhFyACKAIIIQ8gAigCDCEQIAIoAhD9ECEa/QwAAQABAAEAAQABAAEAAQABIBr9kQEhGSACKAIUIREgACENA0AgDiANKAIEaiESIBIgE/1VAQAAIRMgEiAEaiAT/VUBAAQhEyAOIA0oAghqIRIgEiAT/VUBAAEhEyASIARqIBP9VQEABSETIA4gDSgCDGohEiASIBP9VQEAAiETIBIgBGogE/1VAQAGIRMgDiANKAIQaiESIBIgE/1VAQADIRMgEiAEaiAT/VUBAAchEyAT/QyAgICAgICAgICAgICAgICA/VEhE/0MAACANwAAgDcAAIA3AACANyAT/YcBIBf9lQEgE/2IASAY/ZUB/Y4BIA39AAQU/boB/foB/eYBIRQgFP0MAAAAQwAAAEMAAABDAAAAQ/3kASEUIA8gDSgCJGohEiASIBP9VQEAACETIBIgBWogE/1VAQAEIRMgDyANKAIoaiESIBIgE/1VAQABIRMgEiAFaiAT/VUBAAUhEyAPIA0oAixqIRIgEiAT/VUBAAIhEyASIAVqIBP9VQEABiETIA8gDSgCMGohEiASIBP9VQEAAyETIBIgBWogE/1VAQAHIRMgE/0MgICAgICAgICAgICAgICAgP1RIRP9DAAAgDcAAIA3AACANwAAgDcgE/2HASAZ/ZUBIBP9iAEgGv2VAf2OASAN/QAENP26Af36Af3mASEVIBAgDSgCJGohEiASIBP9VQEAACETIBIgBWogE/1VAQAEIRMgECANKAIoaiESIBIgE/1VAQABIRMgEiAFaiAT/VUBAAUhEyAQIA0oAixqIRIgEiAT/VUBAAIhEyASIAVqIBP9VQEABiETIBAgDSgCMGohEiASIBP9VQEAAyETIBIgBWogE/1VAQAHIRMgE/0MgICAgICAgICAgICAgICAgP1RIRP9DAAAgDcAAIA3AACANwAAgDcgE/2HASAZ/ZUBIBP9iAEgGv2VAf2OASAN/QAENP26Af36Af3mASEWIBEgDSgCAGohEiASIAr9EyAH/RMgFCAW/Qy8dLM/vHSzP7x0sz+8dLM//eYB/eQB/QwAAAAAAAAAAAAAAAAAAAAA/esB/QwAAH9DAAB/QwAAf0MAAH9D/eoB/eYB/eQB/QsEACASIAZqIAv9EyAI/RMgFCAV/QyYMrA+mDKwPpgysD6YMrA+/eYBIBb9DJ7RNj+e0TY/ntE2P57RNj/95gH95AH95QH9DAAAAAAAAAAAAAAAAAAAAAD96wH9DAAAf0MAAH9DAAB/QwAAf0P96gH95gH95AH9CwQAIBIgBkEBdGogDP0TIAn9EyAUIBX9DOXQ4j/l0OI/5dDiP+XQ4j/95gH95AH9DAAAAAAAAAAAAAAAAAAAAAD96wH9DAAAf0MAAH9DAAB/QwAAf0P96gH95gH95AH9CwQAIA1BxABqIQ0gDSABSQ0ACyACQRhqIQIgAiADSQ0ACws=",
	"base64",
);

/** Bytes of the table for four pixels of a row; see `i420-kernel.wat`. */
const groupBytes = 68;
/** Of the table for a row. */
const rowBytes = 24;
const pageBytes = 65_536;

/** What of it is used here; TypeScript knows it only together with a browser. */
declare const WebAssembly: {
	readonly Module: new (bytes: Uint8Array) => object;
	readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
	readonly Memory: new (limits: object) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
};

let kernel: object | undefined;

/**
 * Resizes pictures of one size into a model's input, in WebAssembly: bilinear (pixel centres at halves), colours by ITU-T T.871
 * (JFIF) section 7, full range, normalised, channels one after the other. It has a memory of its own, into which each picture is
 * copied, and in which the input lies.
 */
export class I420Kernel {
	/** The model's input; the next picture writes over it. Outside of the picture it stays as it is. */
	readonly input: Float32Array;
	readonly #source: Uint8Array;
	readonly #run: () => void;

	/** @param scale of each channel, for levels from 0 to 255; `offset` is added */
	constructor(
		{ width, height }: { readonly width: number; readonly height: number },
		plan: ResizePlan,
		scale: readonly number[],
		offset: readonly number[],
	) {
		if (plan.width < 4)
			throw new RangeError(
				`A picture of ${width} × ${height} pixels is too narrow: the model would see less than four.`,
			);
		const half = width / 2;
		const groups = Math.ceil(plan.width / 4);
		const rowsAt = groups * groupBytes;
		const rowsEnd = rowsAt + plan.height * rowBytes;
		const source = aligned(rowsEnd);
		// One byte behind the last pixel is read, with no weight, where a plane has but one column.
		const input = aligned(source + (width * height * 3) / 2 + 1);
		const plane = plan.inputWidth * plan.inputHeight * 4;

		kernel ??= new WebAssembly.Module(kernelBytes);
		const { memory, fill } = new WebAssembly.Instance(kernel).exports;
		if (!(memory instanceof WebAssembly.Memory) || typeof fill !== "function")
			throw new Error("i420-kernel.wat was assembled without its exports.");
		memory.grow(Math.ceil((input + 3 * plane) / pageBytes) - 1);
		const { buffer } = memory;
		this.input = new Float32Array(buffer, input, (3 * plane) / 4);
		this.#source = new Uint8Array(buffer, source, (width * height * 3) / 2);

		const table = new DataView(buffer);
		const columns = samplesOf(width, plan.width);
		const chromaColumns = samplesOf(half, plan.width);
		for (let group = 0; group < groups; group++) {
			const at = group * groupBytes;
			// The last four overlap those before them where the width is no multiple of four.
			const first = Math.min(group * 4, plan.width - 4);
			table.setInt32(at, first * 4, true);
			for (let lane = 0; lane < 4; lane++) {
				for (const [base, { before, weight }] of [
					[at + 4, columns[first + lane]!],
					[at + 36, chromaColumns[first + lane]!],
				] as const) {
					table.setInt32(base + 4 * lane, before, true);
					table.setInt16(base + 16 + 4 * lane, 256 - weight, true);
					table.setInt16(base + 18 + 4 * lane, weight, true);
				}
			}
		}
		const chromaRows = samplesOf(height / 2, plan.height);
		const [u, v] = [source + width * height, source + (width * height * 5) / 4];
		for (const [y, luma] of samplesOf(height, plan.height).entries()) {
			const chroma = chromaRows[y]!;
			const values = [
				...[source + luma.before * width, luma.weight],
				...[u + chroma.before * half, v + chroma.before * half, chroma.weight],
				input + ((plan.top + y) * plan.inputWidth + plan.left) * 4,
			];
			for (const [index, value] of values.entries()) table.setInt32(rowsAt + y * rowBytes + index * 4, value, true);
		}
		// Of a plane of one row, the next one is the same.
		const chromaBelow = height > 2 ? half : 0;
		const [scaleR, scaleG, scaleB] = scale;
		const [offsetR, offsetG, offsetB] = offset;
		this.#run = () =>
			void fill(
				...[0, rowsAt, rowsAt, rowsEnd, width, chromaBelow, plane],
				...[scaleR, scaleG, scaleB, offsetR, offsetG, offsetB],
			);
	}

	/** @param data of the size that the kernel was made for */
	fill(data: Uint8Array): void {
		this.#source.set(data);
		this.#run();
	}
}

function aligned(bytes: number): number {
	return Math.ceil(bytes / 64) * 64;
}

/** Where each of `length` samples of a row of `sourceLength` pixels lies: so many 256ths of the way on from a pixel. */
export function samplesOf(
	sourceLength: number,
	length: number,
): { readonly before: number; readonly weight: number }[] {
	return Array.from({ length }, (_, index) => {
		const place = Math.min(Math.max(((index + 0.5) * sourceLength) / length - 0.5, 0), sourceLength - 1);
		// The last pixel is the whole way from the one before it. Of one pixel alone all samples are that pixel, none of the way on.
		const before = Math.max(0, Math.min(Math.floor(place), sourceLength - 2));
		return { before, weight: Math.round((place - before) * 256) };
	});
}
