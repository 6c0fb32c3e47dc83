#!/usr/bin/env node
// Stands in for rpicam-vid: takes its words and writes raw I420 with padded rows, as `--codec yuv420` does.
// `--lives FILE`: a JSON array with one entry a life of the program, `{ "frames": 3, "end": "stall" }`; the first is taken off.
import { readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
	options: {
		nopreview: { type: "boolean" },
		flush: { type: "boolean" },
		verbose: { type: "string" },
		timeout: { type: "string" },
		camera: { type: "string" },
		width: { type: "string" },
		height: { type: "string" },
		framerate: { type: "string" },
		codec: { type: "string" },
		output: { type: "string" },
		lives: { type: "string" },
	},
});
if (values.codec !== "yuv420" || values.output !== "-" || values.timeout !== "0") {
	process.stderr.write("ERROR: *** these words are not known here ***\n");
	process.exit(255);
}
const [life, ...later] = JSON.parse(readFileSync(values.lives, "utf8"));
writeFileSync(`${values.lives}.new`, JSON.stringify(later));
renameSync(`${values.lives}.new`, values.lives);
const width = Number(values.width);
const height = Number(values.height);
const stride = Math.ceil(width / 64) * 64;

/** Blocks until all of it is in the pipe, whatever the pipe's mode. */
function write(bytes) {
	for (let at = 0; at < bytes.length; ) {
		try {
			at += writeSync(1, bytes, at);
		} catch (error) {
			if (error.code !== "EAGAIN") throw error;
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
		}
	}
}

/** Pixels tell plane, row, column and frame; the padding is 238. */
function frame(number) {
	const planes = [
		[stride, width, height, 0],
		[stride / 2, width / 2, height / 2, 50],
		[stride / 2, width / 2, height / 2, 100],
	];
	return Buffer.concat(
		planes.map(([rowBytes, columns, rows, base]) => {
			const plane = Buffer.alloc(rowBytes * rows, 238);
			for (let row = 0; row < rows; row += 1)
				for (let column = 0; column < columns; column += 1)
					plane[row * rowBytes + column] = (base + 3 * row + column + number) % 256;
			return plane;
		}),
	);
}

for (let number = 0; number < life.frames; number += 1) write(frame(number));
if (life.end === "stall") setInterval(() => undefined, 1_000);
if (life.end === "ignore-sigterm") {
	process.on("SIGTERM", () => undefined);
	setInterval(() => undefined, 1_000);
}
if (life.end === "tear") {
	write(frame(life.frames).subarray(0, 1_000));
	process.exit(1);
}
if (life.end === "die") {
	process.stderr.write(`ERROR: *** ${life.says} ***\n`);
	process.exit(255);
}
