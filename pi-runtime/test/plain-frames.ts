import type { Frame } from "../src/capture/frame.ts";

/** Colours as Y, U, V of full range (ITU-T T.871). */
const colours = { red: [76, 85, 255], green: [150, 44, 21], blue: [29, 255, 107] } as const;

/** A frame of one colour. */
export function plainFrame(colour: keyof typeof colours, width = 64, height = 48, sequence = 0): Frame {
	const [y, u, v] = colours[colour];
	const pixels = width * height;
	const data = new Uint8Array((pixels * 3) / 2)
		.fill(y, 0, pixels)
		.fill(u, pixels, pixels * 1.25)
		.fill(v, pixels * 1.25);
	return { camera: 0, sequence, atMs: 0, width, height, data };
}
