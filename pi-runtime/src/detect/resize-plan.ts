import type { Contract } from "./contract.ts";

/** How a source fits into a model's input. */
export interface ResizePlan {
	/** Size of the model's input. */
	readonly inputWidth: number;
	readonly inputHeight: number;
	/** The part of the input that the picture fills. */
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
}

/** The plan for a source of `width` × `height` pixels. */
export function planResize(
	{ resize, size }: Pick<Contract, "resize" | "size">,
	width: number,
	height: number,
): ResizePlan {
	const whole = (inputWidth: number, inputHeight: number): ResizePlan => ({
		inputWidth,
		inputHeight,
		left: 0,
		top: 0,
		width: inputWidth,
		height: inputHeight,
	});
	if (resize === "stretch") return whole(...size);
	if (resize === "short-side") {
		const [shortSide, longestSide] = size;
		const ratio = Math.min(shortSide / Math.min(width, height), longestSide / Math.max(width, height));
		return whole(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
	}
	const [inputWidth, inputHeight] = size;
	const ratio = Math.min(inputWidth / width, inputHeight / height);
	const fitted = {
		width: Math.max(1, Math.min(inputWidth, Math.round(width * ratio))),
		height: Math.max(1, Math.min(inputHeight, Math.round(height * ratio))),
	};
	return {
		inputWidth,
		inputHeight,
		left: Math.floor((inputWidth - fitted.width) / 2),
		top: Math.floor((inputHeight - fitted.height) / 2),
		...fitted,
	};
}
