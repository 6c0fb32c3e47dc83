import type { Frame } from "../capture/frame.ts";

/** How a camera's picture is, for people who set it up. */
export interface PictureQuality {
	/**
	 * Variance of the Laplacian of the luma (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000), of
	 * the picture scaled to 320 pixels across. It is greatest where the lens is in focus; of one scene only can it be compared.
	 */
	readonly sharpness: number;
	/** Mean luma, 0 to 255. */
	readonly brightness: number;
	/** Part of the pixels that are white without detail, 0 to 1. */
	readonly burnt: number;
	/** Part of the pixels that are black without detail, 0 to 1. */
	readonly drowned: number;
}

const across = 320;

/** Looks at the luma of a frame. */
export function pictureQuality({ width, height, data }: Frame): PictureQuality {
	const step = Math.max(1, Math.floor(width / across));
	const columns = Math.floor(width / step);
	const rows = Math.floor(height / step);
	const luma = new Float32Array(columns * rows);
	let sum = 0;
	let burnt = 0;
	let drowned = 0;
	for (let row = 0; row < rows; row += 1) {
		for (let column = 0; column < columns; column += 1) {
			let block = 0;
			for (let y = 0; y < step; y += 1)
				for (let x = 0; x < step; x += 1) block += data[(row * step + y) * width + column * step + x] ?? 0;
			const value = block / (step * step);
			luma[row * columns + column] = value;
			sum += value;
			if (value >= 252) burnt += 1;
			if (value <= 3) drowned += 1;
		}
	}
	let laplacians = 0;
	let squares = 0;
	let count = 0;
	const at = (row: number, column: number): number => luma[row * columns + column] ?? 0;
	for (let row = 1; row < rows - 1; row += 1) {
		for (let column = 1; column < columns - 1; column += 1) {
			const around = at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1);
			const laplacian = around - 4 * at(row, column);
			laplacians += laplacian;
			squares += laplacian * laplacian;
			count += 1;
		}
	}
	const mean = count === 0 ? 0 : laplacians / count;
	const pixels = columns * rows;
	return {
		sharpness: count === 0 ? 0 : squares / count - mean * mean,
		brightness: sum / pixels,
		burnt: burnt / pixels,
		drowned: drowned / pixels,
	};
}

/** What to do about a picture, a sentence each; none when it is well lit. */
export function lightAdvice({ brightness, burnt, drowned }: PictureQuality): string[] {
	const advice: string[] = [];
	if (brightness < 6) advice.push("The picture is black. Take the cap off the lens, switch the light on.");
	else if (brightness < 50) advice.push("The picture is dark. More light, or a longer exposure.");
	else if (drowned > 0.25)
		advice.push("A quarter of the picture is black. Put the light where it reaches all shelves.");
	if (brightness > 200 || burnt > 0.1)
		advice.push("Parts of the picture are burnt out. Less light, or a shorter exposure.");
	return advice;
}
