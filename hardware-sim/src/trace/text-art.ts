/** Dots of a braille cell by (column, row), as bits of U+2800 (Unicode, "Braille Patterns"). */
const brailleBits = [
	[0x01, 0x08],
	[0x02, 0x10],
	[0x04, 0x20],
	[0x40, 0x80],
] as const;

/**
 * A one-bit picture for the terminal, in a frame. Every character is a braille cell of 2×4 pixels: 128×64 pixels are
 * 66 columns and 18 lines.
 */
export function oledTextArt(pixels: Uint8Array, width: number, height: number): string {
	if (pixels.length !== width * height)
		throw new RangeError(`oledTextArt: ${width}×${height} pixels are ${width * height}, not ${pixels.length}.`);
	const cells = Math.ceil(width / 2);
	const lines = [`╭${"─".repeat(cells)}╮`];
	for (let top = 0; top < height; top += 4) {
		let line = "│";
		for (let left = 0; left < width; left += 2) {
			let dots = 0;
			brailleBits.forEach((row, y) => {
				row.forEach((bit, x) => {
					const isInside = left + x < width && top + y < height;
					if (isInside && pixels[(top + y) * width + left + x] === 1) dots |= bit;
				});
			});
			line += String.fromCharCode(0x2800 + dots);
		}
		lines.push(`${line}│`);
	}
	lines.push(`╰${"─".repeat(cells)}╯`);
	return lines.join("\n");
}
