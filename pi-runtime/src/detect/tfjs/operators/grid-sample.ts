import { tensor } from "@tensorflow/tfjs-core";
import type { Operator } from "../operator.ts";
import { rank4, Value } from "../value.ts";

/**
 * ONNX's GridSample: samples a picture at places −1 to 1 of its width and height, as PyTorch's `grid_sample`. A neighbour
 * outside the picture counts 0, or is the nearest one inside. The places that a detector looks at are few, so this is done
 * here; as a chain of TensorFlow.js's kernels it takes ten times as long.
 */
const gridSample: Operator = (call) => {
	const [value, grid] = [call.input(0), call.input(1)];
	const [batch, channels, height, width] = rank4(value.shape);
	const [, outHeight, outWidth] = rank4(grid.shape);
	const mode = call.text("mode", "bilinear");
	const padding = call.text("padding_mode", "zeros");
	if (mode !== "bilinear" && mode !== "linear" && mode !== "nearest") throw new Error(`the mode ${mode} is not known`);
	if (padding !== "zeros" && padding !== "border") throw new Error(`the padding ${padding} is not known`);
	const isAligned = call.int("align_corners", 0) === 1;
	const isBorder = padding === "border";
	const pixels = (value.isChannelsLast ? value.channelsLast() : value.tensor()).dataSync();
	// Steps in memory from one channel, and from one pixel, to the next.
	const channelStep = value.isChannelsLast ? 1 : height * width;
	const pixelStep = value.isChannelsLast ? channels : 1;
	const places = grid.tensor().dataSync();
	const count = outHeight * outWidth;
	const sampled = new Float32Array(batch * channels * count);

	const pixelOf = (place: number, length: number): number => {
		const pixel = isAligned ? ((place + 1) * (length - 1)) / 2 : ((place + 1) * length - 1) / 2;
		return isBorder ? Math.min(Math.max(pixel, 0), length - 1) : pixel;
	};
	const add = (picture: number, index: number, column: number, row: number, weight: number): void => {
		if (weight === 0 || !(column >= 0 && column < width && row >= 0 && row < height)) return;
		let from = picture * channels * height * width + (row * width + column) * pixelStep;
		let to = picture * channels * count + index;
		for (let channel = 0; channel < channels; channel++, from += channelStep, to += count)
			sampled[to] = sampled[to]! + weight * pixels[from]!;
	};

	for (let picture = 0; picture < batch; picture++) {
		for (let index = 0; index < count; index++) {
			const at = 2 * (picture * count + index);
			const x = pixelOf(places[at]!, width);
			const y = pixelOf(places[at + 1]!, height);
			if (mode === "nearest") {
				add(picture, index, roundHalfToEven(x), roundHalfToEven(y), 1);
				continue;
			}
			const left = Math.floor(x);
			const top = Math.floor(y);
			const [across, down] = [x - left, y - top];
			add(picture, index, left, top, (1 - across) * (1 - down));
			add(picture, index, left + 1, top, across * (1 - down));
			add(picture, index, left, top + 1, (1 - across) * down);
			add(picture, index, left + 1, top + 1, across * down);
		}
	}
	return [Value.of(tensor(sampled, [batch, channels, outHeight, outWidth]))];
};

function roundHalfToEven(number: number): number {
	const below = Math.floor(number);
	const rest = number - below;
	return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

export const gridSampleOperators: Readonly<Record<string, Operator>> = { GridSample: gridSample };
