import type { ResizePlan } from "./resize-plan.ts";

/** `i420-kernel.wat`, assembled; its test tells how. */
export const kernelBytes = Buffer.from(
	"AGFzbQEAAAABEgFgDn9/f39/f39/fX19fX19AAMCAQAFAwEAAQcRAgZtZW1vcnkCAARmaWxsAAAKxwoBxAoCBn8IewNAIAMoAgAhDyADKAIE/RAhGf0MAAEAAQABAAEAAQABAAEAASAZ/ZEBIRggAygCCCEQIAMoAgwhESADKAIQ/RAhG/0MAAEAAQABAAEAAQABAAEAASAb/ZEBIRogAygCFCESIAEhDgNAIAAEQCAPIA4oAgRqIRMgEyAU/VUBAAAhFCATIAVqIBT9VQEABCEUIA8gDigCCGohEyATIBT9VQEAASEUIBMgBWogFP1VAQAFIRQgDyAOKAIMaiETIBMgFP1VAQACIRQgEyAFaiAU/VUBAAYhFCAPIA4oAhBqIRMgEyAU/VUBAAMhFCATIAVqIBT9VQEAByEUBSAPIA4oAgRqIRMgE/0ABAAgDv0ABBT9DiATIAVq/QAEACAO/QAEFP0O/Q0AAQIDBAUGBxAREhMUFRYXIRQLIBT9DICAgICAgICAgICAgICAgID9USEU/QwAAIA3AACANwAAgDcAAIA3IBT9hwEgGP2VASAU/YgBIBn9lQH9jgEgDv0ABCT9ugH9+gH95gEhFSAV/QwAAABDAAAAQwAAAEMAAABD/eQBIRUgAARAIBAgDigCNGohEyATIBT9VQEAACEUIBMgBmogFP1VAQAEIRQgECAOKAI4aiETIBMgFP1VAQABIRQgEyAGaiAU/VUBAAUhFCAQIA4oAjxqIRMgEyAU/VUBAAIhFCATIAZqIBT9VQEABiEUIBAgDigCQGohEyATIBT9VQEAAyEUIBMgBmogFP1VAQAHIRQFIBAgDigCNGohEyAT/QAEACAO/QAERP0OIBMgBmr9AAQAIA79AARE/Q79DQABAgMEBQYHEBESExQVFhchFAsgFP0MgICAgICAgICAgICAgICAgP1RIRT9DAAAgDcAAIA3AACANwAAgDcgFP2HASAa/ZUBIBT9iAEgG/2VAf2OASAO/QAEVP26Af36Af3mASEWIAAEQCARIA4oAjRqIRMgEyAU/VUBAAAhFCATIAZqIBT9VQEABCEUIBEgDigCOGohEyATIBT9VQEAASEUIBMgBmogFP1VAQAFIRQgESAOKAI8aiETIBMgFP1VAQACIRQgEyAGaiAU/VUBAAYhFCARIA4oAkBqIRMgEyAU/VUBAAMhFCATIAZqIBT9VQEAByEUBSARIA4oAjRqIRMgE/0ABAAgDv0ABET9DiATIAZq/QAEACAO/QAERP0O/Q0AAQIDBAUGBxAREhMUFRYXIRQLIBT9DICAgICAgICAgICAgICAgID9USEU/QwAAIA3AACANwAAgDcAAIA3IBT9hwEgGv2VASAU/YgBIBv9lQH9jgEgDv0ABFT9ugH9+gH95gEhFyASIA4oAgBqIRMgEyAL/RMgCP0TIBUgF/0MvHSzP7x0sz+8dLM/vHSzP/3mAf3kAf0MAAAAAAAAAAAAAAAAAAAAAP3rAf0MAAB/QwAAf0MAAH9DAAB/Q/3qAf3mAf3kAf0LBAAgEyAHaiAM/RMgCf0TIBUgFv0MmDKwPpgysD6YMrA+mDKwPv3mASAX/Qye0TY/ntE2P57RNj+e0TY//eYB/eQB/eUB/QwAAAAAAAAAAAAAAAAAAAAA/esB/QwAAH9DAAB/QwAAf0MAAH9D/eoB/eYB/eQB/QsEACATIAdBAXRqIA39EyAK/RMgFSAW/Qzl0OI/5dDiP+XQ4j/l0OI//eYB/eQB/QwAAAAAAAAAAAAAAAAAAAAA/esB/QwAAH9DAAB/QwAAf0MAAH9D/eoB/eYB/eQB/QsEACAOQeQAaiEOIA4gAkkNAAsgA0EYaiEDIAMgBEkNAAsL",
	"base64",
);

/** Bytes of the table for four pixels of a row; see `i420-kernel.wat`. */
const groupBytes = 100;
/** Of a vector: what is taken of a row at once. */
const vectorBytes = 16;
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
		// Behind the last pixel what is left of a vector is read, with no weight.
		const input = aligned(source + (width * height * 3) / 2 + vectorBytes);
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
		// The last four overlap those before them where the width is no multiple of four.
		const firsts = Array.from({ length: groups }, (_, group) => Math.min(group * 4, plan.width - 4));
		// Chroma has half as many columns.
		const wide = firsts.some((first) => columns[first + 3]!.before + 2 - columns[first]!.before > vectorBytes);
		for (const [group, first] of firsts.entries()) {
			const at = group * groupBytes;
			table.setInt32(at, first * 4, true);
			for (const [base, samples] of [
				[at + 4, columns],
				[at + 52, chromaColumns],
			] as const) {
				for (let lane = 0; lane < 4; lane++) {
					const { before, weight } = samples[first + lane]!;
					table.setInt32(base + 4 * lane, before, true);
					const within = before - samples[first]!.before;
					table.setUint8(base + 16 + 2 * lane, within);
					table.setUint8(base + 17 + 2 * lane, within + 1);
					table.setInt16(base + 32 + 4 * lane, 256 - weight, true);
					table.setInt16(base + 34 + 4 * lane, weight, true);
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
				...[wide ? 1 : 0, 0, rowsAt, rowsAt, rowsEnd, width, chromaBelow, plane],
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
