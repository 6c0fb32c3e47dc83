import type { SKRSContext2D } from "@napi-rs/canvas";
import type { SeededRandom } from "../random.ts";

/** Draws a mark of about one unit across around the origin; the caller has scaled the context. */
type Mark = (context: SKRSContext2D, colours: readonly [string, string, string], random: SeededRandom) => void;

function disc(context: SKRSContext2D, x: number, y: number, rx: number, ry: number, colour: string, turn = 0): void {
	context.fillStyle = colour;
	context.beginPath();
	context.ellipse(x, y, rx, ry, turn, 0, 2 * Math.PI);
	context.fill();
}

function polygon(context: SKRSContext2D, points: readonly (readonly [number, number])[], colour: string): void {
	context.fillStyle = colour;
	context.beginPath();
	for (const [x, y] of points) context.lineTo(x, y);
	context.closePath();
	context.fill();
}

function leaf(context: SKRSContext2D, x: number, y: number, size: number, turn: number, colour: string): void {
	context.save();
	context.translate(x, y);
	context.rotate(turn);
	context.fillStyle = colour;
	context.beginPath();
	context.moveTo(0, 0);
	context.quadraticCurveTo(size * 0.5, -size * 0.45, size, 0);
	context.quadraticCurveTo(size * 0.5, size * 0.45, 0, 0);
	context.fill();
	context.restore();
}

/** A slice of a citrus fruit. */
function slice(context: SKRSContext2D, x: number, y: number, radius: number, peel: string, flesh: string): void {
	disc(context, x, y, radius, radius, peel);
	disc(context, x, y, radius * 0.86, radius * 0.86, "#fffbe6");
	for (let segment = 0; segment < 8; segment++) {
		const from = (segment / 8) * 2 * Math.PI + 0.07;
		context.fillStyle = flesh;
		context.beginPath();
		context.moveTo(x, y);
		context.arc(x, y, radius * 0.78, from, from + 0.64);
		context.fill();
	}
}

/** The marks by which people tell products, whatever the brand. */
export const marks = Object.freeze({
	/** A swinging ribbon. */
	wave: (context, [, second, accent]) => {
		for (const [shift, colour] of [
			[0.1, second],
			[0, accent],
		] as const) {
			context.fillStyle = colour;
			context.beginPath();
			context.moveTo(-0.62, shift + 0.12);
			context.bezierCurveTo(-0.2, shift - 0.5, 0.2, shift + 0.5, 0.62, shift - 0.14);
			context.lineTo(0.62, shift + 0.06);
			context.bezierCurveTo(0.2, shift + 0.72, -0.2, shift - 0.24, -0.62, shift + 0.34);
			context.fill();
		}
	},
	bolt: (context, [, second, accent]) => {
		const bolt = [
			[0.16, -0.55],
			[-0.3, 0.06],
			[-0.02, 0.06],
			[-0.16, 0.55],
			[0.32, -0.12],
			[0.04, -0.12],
		] as const;
		polygon(
			context,
			bolt.map(([x, y]) => [x * 1.22 + 0.02, y * 1.1] as const),
			second,
		);
		polygon(context, bolt, accent);
	},
	teaLeaf: (context, [, , accent]) => {
		slice(context, 0.2, 0.12, 0.3, "#e2b21c", "#f2cf3e");
		leaf(context, 0.1, 0.3, 0.62, -2.2, "#3f9a4d");
		leaf(context, 0.05, 0.3, 0.5, -2.9, "#2c7a3d");
		disc(context, -0.3, 0.3, 0.06, 0.06, accent);
	},
	lemon: (context) => {
		disc(context, -0.08, 0, 0.44, 0.33, "#f4d81c", -0.4);
		disc(context, 0.32, -0.18, 0.1, 0.08, "#f4d81c", -0.4);
		disc(context, -0.16, -0.1, 0.14, 0.08, "#fdf3a0", -0.4);
		slice(context, 0.24, 0.26, 0.26, "#e7c511", "#f8e560");
		leaf(context, 0.3, -0.24, 0.34, -0.3, "#3f9a4d");
	},
	orange: (context) => {
		disc(context, -0.06, 0, 0.42, 0.42, "#f07c12");
		disc(context, -0.2, -0.14, 0.12, 0.1, "#fdb15a");
		slice(context, 0.28, 0.24, 0.27, "#e86a08", "#ff9a2e");
		leaf(context, -0.02, -0.38, 0.36, -0.4, "#3b8f3f");
	},
	apple: (context) => {
		for (const side of [-0.17, 0.17]) disc(context, side, 0.04, 0.28, 0.38, "#c8202c");
		disc(context, -0.22, -0.1, 0.08, 0.14, "#f0868a", 0.3);
		context.strokeStyle = "#5b3a1c";
		context.lineWidth = 0.06;
		context.beginPath();
		context.moveTo(0, -0.26);
		context.quadraticCurveTo(0.02, -0.42, 0.1, -0.5);
		context.stroke();
		leaf(context, 0.06, -0.4, 0.38, -0.2, "#2f7d33");
	},
	berries: (context, [main, , accent]) => {
		const places = [
			[-0.22, 0.12],
			[0.12, 0.2],
			[-0.04, -0.14],
			[0.3, -0.08],
			[-0.32, -0.2],
		] as const;
		for (const [index, [x, y]] of places.entries()) {
			disc(context, x, y, 0.2, 0.2, index % 2 === 0 ? "#7a1f58" : index === 1 ? "#c02a4e" : main);
			disc(context, x - 0.06, y - 0.07, 0.06, 0.05, "#f3bcd9");
		}
		leaf(context, 0.1, -0.3, 0.34, -0.7, "#4c9a52");
		disc(context, 0.42, 0.24, 0.05, 0.05, accent);
	},
	drop: (context, [, second]) => {
		polygon(
			context,
			[
				[-0.55, 0.3],
				[-0.2, -0.26],
				[-0.02, 0],
				[0.16, -0.38],
				[0.55, 0.3],
			],
			"#f4fbff",
		);
		polygon(
			context,
			[
				[-0.32, -0.06],
				[-0.2, -0.26],
				[-0.09, -0.1],
				[-0.2, -0.02],
			],
			second,
		);
		polygon(
			context,
			[
				[0.02, -0.12],
				[0.16, -0.38],
				[0.33, -0.08],
				[0.18, -0.14],
			],
			second,
		);
	},
	hen: (context) => {
		disc(context, 0, 0.08, 0.34, 0.26, "#7a3b16");
		disc(context, 0.28, -0.18, 0.14, 0.16, "#7a3b16");
		polygon(
			context,
			[
				[0.4, -0.2],
				[0.54, -0.14],
				[0.4, -0.1],
			],
			"#e79a1c",
		);
		for (const x of [0.2, 0.28, 0.36]) disc(context, x, -0.36, 0.06, 0.07, "#d3202b");
		polygon(
			context,
			[
				[-0.24, 0.06],
				[-0.56, -0.28],
				[-0.42, 0.2],
			],
			"#54260c",
		);
	},
	egg: (context) => {
		disc(context, 0, 0, 0.44, 0.34, "#ffffff", 0.2);
		disc(context, 0.04, 0.01, 0.19, 0.18, "#f5b31a");
		disc(context, -0.02, -0.05, 0.06, 0.05, "#fde08a");
	},
	berryCup: (context, [, second, accent]) => {
		disc(context, -0.12, 0.02, 0.24, 0.28, accent);
		disc(context, 0.2, 0.1, 0.18, 0.18, second);
		leaf(context, -0.12, -0.22, 0.26, -0.5, "#4c9a52");
	},
	crispsGold: (context, [, , accent], random) => {
		for (let chip = 0; chip < 5; chip++) {
			const [x, y, turn] = [0.7 * (random.next() - 0.5), 0.5 * (random.next() - 0.5), 3 * random.next()];
			disc(context, x, y, 0.25, 0.17, "#b9791a", turn);
			disc(context, x, y - 0.02, 0.22, 0.14, "#f5cf5c", turn);
		}
		disc(context, 0.4, 0.28, 0.05, 0.05, accent);
	},
	crispsGreen: (context, _, random) => {
		for (let chip = 0; chip < 4; chip++) {
			const [x, y, turn] = [0.6 * (random.next() - 0.5), 0.4 * (random.next() - 0.5), 3 * random.next()];
			disc(context, x, y, 0.24, 0.17, "#a9843a", turn);
			disc(context, x, y - 0.02, 0.2, 0.13, "#efe0a6", turn);
		}
		for (const x of [-0.3, -0.22, -0.14]) leaf(context, x, 0.34, 0.4, -1.4 - x, "#9fd05c");
	},
	nutMix: (context, _, random) => {
		const kinds = ["#c98f4e", "#8a5526", "#e9cf9f", "#a86a32"];
		for (let nut = 0; nut < 11; nut++)
			disc(
				context,
				0.85 * (random.next() - 0.5),
				0.6 * (random.next() - 0.5),
				0.14,
				0.09,
				kinds[nut % kinds.length] ?? "#c98f4e",
				3 * random.next(),
			);
	},
	peanut: (context) => {
		for (const [x, y, turn] of [
			[-0.16, -0.06, 0.5],
			[0.2, 0.12, -0.3],
		] as const) {
			context.save();
			context.translate(x, y);
			context.rotate(turn);
			disc(context, -0.14, 0, 0.18, 0.14, "#d9a55c");
			disc(context, 0.14, 0, 0.18, 0.14, "#d9a55c");
			disc(context, 0, 0, 0.14, 0.1, "#d9a55c");
			disc(context, -0.16, -0.04, 0.06, 0.04, "#f2d6a0");
			context.restore();
		}
	},
	cocoa: (context, [, second]) => {
		context.rotate(-0.25);
		for (let row = 0; row < 2; row++)
			for (let column = 0; column < 3; column++) {
				context.fillStyle = "#4a2413";
				context.fillRect(-0.46 + column * 0.31, -0.24 + row * 0.27, 0.29, 0.25);
				context.fillStyle = "#7a4426";
				context.fillRect(-0.41 + column * 0.31, -0.2 + row * 0.27, 0.17, 0.13);
			}
		disc(context, 0.42, 0.3, 0.08, 0.05, second, 0.4);
		context.rotate(0.25);
	},
	mint: (context) => {
		leaf(context, -0.06, 0.2, 0.6, -2.3, "#f2fff8");
		leaf(context, 0.02, 0.2, 0.6, -0.9, "#d9fbe9");
		leaf(context, -0.02, 0.24, 0.62, -1.57, "#ffffff");
	},
} satisfies Record<string, Mark>) as Readonly<Record<string, Mark>>;

/** Draws a mark so large around a place. Unknown names draw nothing but a disc. */
export function drawMark(
	context: SKRSContext2D,
	name: string,
	[x, y, size]: readonly [number, number, number],
	colours: readonly [string, string, string],
	random: SeededRandom,
): void {
	context.save();
	context.translate(x, y);
	context.scale(size, size);
	const mark = marks[name];
	if (mark === undefined) disc(context, 0, 0, 0.4, 0.4, colours[2]);
	else mark(context, colours, random);
	context.restore();
}
