import type { SKRSContext2D } from "@napi-rs/canvas";
import type { SeededRandom } from "../random.ts";
import { lookOfProduct, type Shape } from "../world/product-look.ts";
import type { Design } from "./design.ts";
import { drawMark } from "./marks.ts";
import type { BoxPatches, Patch } from "./mesh.ts";
import { paintTexture, type Texture } from "./texture.ts";

/** The wrapping around a turned body; its middle is the front. */
export const sidePatch: Patch = Object.freeze({ x: 0, y: 64, width: 256, height: 192 });
/** What a turned body shows from above. */
export const lidPatch: Patch = Object.freeze({ x: 0, y: 0, width: 64, height: 64 });
/** Faces of what has edges; bags have a front and a back. */
export const boxPatches: BoxPatches = Object.freeze({
	front: Object.freeze({ x: 0, y: 64, width: 128, height: 192 }),
	back: Object.freeze({ x: 128, y: 64, width: 64, height: 192 }),
	side: Object.freeze({ x: 192, y: 64, width: 64, height: 192 }),
	top: Object.freeze({ x: 0, y: 0, width: 128, height: 64 }),
});
/** A patch of one colour, for caps. */
export const capPatch: Patch = Object.freeze({ x: 192, y: 0, width: 64, height: 64 });

interface Kind {
	/** What is printed on it. */
	readonly words: string;
	readonly mark: string;
}

const kinds: Readonly<Record<string, Kind>> = Object.freeze({
	cola: { words: "COLA", mark: "wave" },
	"iced-tea": { words: "ICED TEA", mark: "teaLeaf" },
	"energy-drink": { words: "ENERGY", mark: "bolt" },
	"orange-juice": { words: "ORANGE", mark: "orange" },
	"apple-juice": { words: "APPLE", mark: "apple" },
	lemonade: { words: "LEMONADE", mark: "lemon" },
	smoothie: { words: "SMOOTHIE", mark: "berries" },
	"chicken-sandwich": { words: "CHICKEN", mark: "hen" },
	"egg-sandwich": { words: "EGG", mark: "egg" },
	yogurt: { words: "YOGURT", mark: "berryCup" },
	"fruit-salad": { words: "FRUIT", mark: "berries" },
	chips: { words: "CHIPS", mark: "crispsGold" },
	"mixed-nuts": { words: "MIXED NUTS", mark: "nutMix" },
	chocolate: { words: "CHOCOLATE", mark: "cocoa" },
	water: { words: "WATER", mark: "drop" },
	crisps: { words: "CRISPS", mark: "crispsGreen" },
	nuts: { words: "NUTS", mark: "peanut" },
	gum: { words: "GUM", mark: "mint" },
});

const plainKind: Kind = Object.freeze({ words: "", mark: "" });

/** How much wrappings shine. */
const shines: Readonly<Partial<Record<Shape, number>>> = Object.freeze({
	can: 0.55,
	"slim-can": 0.55,
	bottle: 0.5,
	"small-bottle": 0.4,
	bag: 0.35,
	pouch: 0.15,
	bar: 0.3,
	cup: 0.25,
	bowl: 0.4,
	wedge: 0.25,
	carton: 0.12,
	box: 0.15,
});

/** Paints the wrapping of a design. */
export function paintWrapping(design: Design): Texture {
	const { shape } = lookOfProduct(design.sku);
	return paintTexture(shines[shape] ?? 0.1, (context) => {
		const painter = new Painter(context, design);
		painter[painters[shape] ?? "box"]();
	});
}

const painters = Object.freeze({
	can: "can",
	"slim-can": "can",
	bottle: "bottle",
	"small-bottle": "bottle",
	carton: "carton",
	wedge: "wedge",
	cup: "cup",
	bowl: "bowl",
	bag: "bag",
	pouch: "bag",
	bar: "bag",
	box: "box",
	mug: "cup",
	stone: "stone",
} as const satisfies Record<Shape, keyof Painter>);

type Area = readonly [x: number, y: number, width: number, height: number];

/** Paints on one texture; a method a shape. */
class Painter {
	readonly #context: SKRSContext2D;
	readonly #design: Design;
	readonly #kind: Kind;
	readonly #random: SeededRandom;

	constructor(context: SKRSContext2D, design: Design) {
		this.#context = context;
		this.#design = design;
		this.#kind = kinds[design.sku] ?? plainKind;
		this.#random = design.strew.fork("wrapping");
		context.textAlign = "center";
		context.textBaseline = "middle";
	}

	can(): void {
		const { main, second, accent, pattern } = this.#design;
		const metal = "#c3c9cd";
		const slim = this.#design.sku === "energy-drink";
		this.#fill([0, 64, 256, 192], metal);
		this.#pattern([0, 74, 256, 172], main, slim ? second : shadeOf(main, 0.82), pattern);
		if (slim) this.#fill([0, 78, 256, 10], accent);
		this.#twice((x) => this.#label([x - 60, 76, 120, 168], accent));
		this.#fill([0, 64, 256, 8], "#d9dde0");
		this.#fill([0, 247, 256, 9], "#9aa2a7");
		this.#lid("#c9ced2", "#a3abb0");
		this.#context.fillStyle = "#eef0f1";
		this.#context.fillRect(26, 14, 12, 22);
	}

	bottle(): void {
		const { main, second, accent, sku, pattern } = this.#design;
		const context = this.#context;
		const small = sku === "smoothie";
		// Neck and shoulder, liquid, label, liquid.
		const liquid = context.createLinearGradient(0, 64, 0, 256);
		liquid.addColorStop(0, shadeOf(main, 1.12));
		liquid.addColorStop(0.5, main);
		liquid.addColorStop(1, shadeOf(main, 0.84));
		context.fillStyle = liquid;
		context.fillRect(0, 64, 256, 192);
		for (let line = 0; line < 9; line++) this.#fill([line * 29, 64, 3, 192], "rgba(255,255,255,.16)");
		const cap = small ? 22 : 15;
		this.#fill([0, 64, 256, cap], accent);
		for (let ridge = 0; ridge < 32; ridge++) this.#fill([ridge * 8, 64, 2, cap - 3], "rgba(0,0,0,.16)");
		const from = small ? 128 : [134, 128, 142, 120][this.#design.layout]!;
		const high = small ? 92 : [84, 96, 72, 104][this.#design.layout]!;
		this.#pattern([0, from, 256, high], second, shadeOf(second, 0.86), pattern);
		this.#fill([0, from, 256, 4], accent);
		this.#fill([0, from + high - 4, 256, 4], accent);
		this.#twice((x) => this.#label([x - 62, from + 2, 124, high - 4], accent, true));
		this.#lid(accent, shadeOf(accent, 0.85));
	}

	carton(): void {
		const { main, second, accent, pattern } = this.#design;
		for (const patch of [boxPatches.front, boxPatches.back, boxPatches.side]) {
			const { x, y, width, height } = patch;
			this.#pattern([x, y, width, height], second, shadeOf(main, 1.25), pattern, 0.35);
			this.#fill([x, y, width, 0.2 * height], main);
			this.#fill([x, y + 0.9 * height, width, 0.1 * height], main);
			if (patch === boxPatches.side) this.#smallPrint([x + 8, y + 70, width - 16, 90]);
			this.#label([x + 4, y + 0.21 * height, width - 8, 0.68 * height], main, true);
		}
		this.#fill([0, 0, 192, 64], main);
		this.#context.globalAlpha = 0.5;
		this.#fill([0, 0, 192, 6], "#ffffff");
		this.#context.globalAlpha = 1;
		this.#fill([192, 0, 64, 64], accent);
	}

	/** A sandwich pack: its sloping front is a window on the filling with a label over it. */
	wedge(): void {
		const { sku, layout } = this.#design;
		const { front, back, side, top } = boxPatches;
		const chicken = sku === "chicken-sandwich";
		this.#filling([front.x, front.y, front.width, front.height], chicken);
		const label = chicken ? "#b8321f" : "#f6c92f";
		const ink = chicken ? "#fff4e2" : "#5a3a00";
		const [from, high] = [
			[front.y + 60, 84],
			[front.y + 96, 84],
			[front.y + 40, 76],
			[front.y + 76, 96],
		][layout] as [number, number];
		this.#fill([front.x, from, front.width, high], this.#tint(label));
		this.#fill([front.x, from, front.width, 5], this.#design.accent);
		drawMark(
			this.#context,
			this.#kind.mark,
			[front.x + front.width * (layout % 2 === 0 ? 0.3 : 0.7), from + high * 0.42, 50 * this.#design.markScale],
			this.#colours(),
			this.#random,
		);
		this.#text(this.#kind.words, front.x + front.width / 2, from + high * 0.84, 108, high * 0.24, ink);
		this.#text(
			this.#design.brand,
			front.x + front.width * (layout % 2 === 0 ? 0.72 : 0.3),
			from + high * 0.4,
			56,
			high * 0.2,
			ink,
		);
		for (const patch of [back, side]) this.#filling([patch.x, patch.y, patch.width, patch.height], chicken);
		this.#fill([side.x, side.y + 150, side.width, 42], this.#tint(label));
		this.#fill([top.x, top.y, 256, 64], this.#tint(label));
	}

	cup(): void {
		const { main, second, accent, pattern } = this.#design;
		this.#fill([0, 64, 256, 192], main);
		this.#pattern([0, 108, 256, 112], second, shadeOf(second, 1.18), pattern);
		this.#twice((x) => this.#label([x - 58, 96, 116, 130], "#ffffff"));
		this.#fill([0, 64, 256, 9], "#dfe3e6");
		this.#lid(shadeOf(main, 0.97), second);
		drawMark(this.#context, this.#kind.mark, [32, 34, 38], this.#colours(), this.#random);
		this.#fill([8, 12, 48, 6], accent);
	}

	bowl(): void {
		const { accent, second } = this.#design;
		this.#fruit([0, 64, 256, 192]);
		this.#fill([0, 64, 256, 12], "#eef4f2");
		this.#fill([0, 236, 256, 20], "rgba(255,255,255,.35)");
		this.#twice((x) => {
			this.#fill([x - 42, 112, 84, 76], "#fbfdfb");
			this.#fill([x - 42, 112, 84, 8], second);
			this.#label([x - 40, 118, 80, 68], accent);
		});
		this.#fruit([0, 0, 64, 64]);
		this.#context.globalAlpha = 0.25;
		this.#lid("#ffffff", "#ffffff");
		this.#context.globalAlpha = 1;
		this.#fill([16, 22, 32, 18], second);
		this.#fill([20, 28, 24, 5], "#ffffff");
	}

	/** Bags, pouches and bars: a printed front, a plainer back, seams above and below. */
	bag(): void {
		const { main, second, accent, pattern } = this.#design;
		const { front } = boxPatches;
		this.#pattern([front.x, front.y, front.width, front.height], main, shadeOf(main, 0.84), pattern);
		this.#fill([128, 64, 128, 192], main);
		this.#smallPrint([144, 110, 96, 110]);
		this.#fill([196, 80, 50, 24], second);
		const bar = lookOfProduct(this.#design.sku).shape === "bar";
		if (bar) {
			this.#context.save();
			this.#context.translate(64, 160);
			this.#fill([-64, -56, 128, 112], shadeOf(main, 0.9));
			this.#fill([-64, -58, 128, 6], second);
			this.#fill([-64, 52, 128, 6], second);
			this.#context.restore();
			this.#label([4, 104, 120, 112], accent);
		} else {
			const { layout } = this.#design;
			this.#context.fillStyle = second;
			this.#context.beginPath();
			if (layout === 0) this.#context.ellipse(64, 160, 58, 62, 0, 0, 2 * Math.PI);
			else if (layout === 1) this.#context.rect(0, 116, 128, 84);
			else if (layout === 2) this.#context.roundRect(10, 100, 108, 122, 22);
			else {
				this.#context.moveTo(0, 128);
				this.#context.lineTo(128, 96);
				this.#context.lineTo(128, 204);
				this.#context.lineTo(0, 226);
			}
			this.#context.fill();
			this.#label([8, 84, 112, 146], accent);
		}
		for (const y of [64, 246]) {
			this.#fill([0, y, 256, 10], shadeOf(bar ? second : main, 1.16));
			for (let tooth = 0; tooth < 64; tooth++) this.#fill([tooth * 4, y, 1.5, 10], "rgba(0,0,0,.18)");
		}
		this.#fill([0, 0, 256, 64], bar ? second : main);
	}

	box(): void {
		const { main, second, accent, pattern } = this.#design;
		for (const { x, y, width, height } of [boxPatches.front, boxPatches.back, boxPatches.side, boxPatches.top]) {
			this.#pattern([x, y, width, height], main, shadeOf(main, 0.82), pattern);
			this.#fill([x, y + 0.3 * height, width, 0.42 * height], second);
		}
		this.#label([4, 70, 120, 180], accent);
	}

	stone(): void {
		const { main, second, accent } = this.#design;
		this.#fill([0, 0, 256, 256], main);
		for (let fleck = 0; fleck < 240; fleck++)
			this.#fill(
				[256 * this.#random.next(), 256 * this.#random.next(), 7, 5],
				shadeOf(fleck % 2 === 0 ? second : accent, 0.85 + 0.3 * this.#random.next()),
			);
	}

	#colours(): readonly [string, string, string] {
		const { main, second, accent } = this.#design;
		return [main, second, accent];
	}

	#fill([x, y, width, height]: Area, colour: string): void {
		this.#context.fillStyle = colour;
		this.#context.fillRect(x, y, width, height);
	}

	/** On the front and on the back, so that a body shows its label however it is turned. */
	#twice(paint: (x: number) => void): void {
		for (const x of [0, 128, 256]) paint(x);
	}

	/** A colour, a little off, as another printer would have it. */
	#tint(hex: string): string {
		return shadeOf(hex, 0.9 + 0.2 * this.#design.strew.fork(hex).next());
	}

	/** Brand, mark and words of the product in a field, in one of four arrangements. */
	#label([x, y, width, height]: Area, ink: string, onLight = false): void {
		const { brand, layout, markScale, markShift } = this.#design;
		const { words, mark } = this.#kind;
		const centre = x + width * (0.5 + markShift);
		const size = Math.min(width, height * 0.62) * 0.86 * markScale;
		const wordsAt = [0.86, 0.2, 0.84, 0.62][layout] as number;
		const markAt = [0.5, 0.62, 0.38, 0.3][layout] as number;
		const brandAt = [0.13, 0.06, 0.66, 0.86][layout] as number;
		drawMark(this.#context, mark, [centre, y + height * markAt, size], this.#colours(), this.#random);
		const dark = onLight ? "#2a2f33" : "#ffffff";
		this.#text(words, x + width / 2, y + height * wordsAt, width * 0.94, height * 0.2, ink, dark);
		this.#text(brand, x + width / 2, y + height * brandAt, width * 0.8, height * 0.13, dark);
	}

	/** A line of text that fits. */
	#text(words: string, x: number, y: number, width: number, height: number, ink: string, edge?: string): void {
		if (words === "") return;
		const context = this.#context;
		context.font = `bold ${height.toFixed(1)}px "${this.#design.font}"`;
		const wide = context.measureText(words).width;
		context.save();
		context.translate(x, y);
		const fit = Math.min(1, width / Math.max(1, wide));
		context.scale(fit, Math.max(fit, 0.75));
		if (edge !== undefined) {
			context.strokeStyle = edge;
			context.lineWidth = height * 0.22;
			context.lineJoin = "round";
			context.strokeText(words, 0, 0);
		}
		context.fillStyle = ink;
		context.fillText(words, 0, 0);
		context.restore();
	}

	#pattern(area: Area, ground: string, ink: string, pattern: Design["pattern"], strength = 0.75): void {
		const [x, y, width, height] = area;
		const context = this.#context;
		this.#fill(area, ground);
		context.save();
		context.beginPath();
		context.rect(x, y, width, height);
		context.clip();
		context.globalAlpha = strength;
		context.fillStyle = ink;
		context.strokeStyle = ink;
		if (pattern === "stripes") for (let at = 0; at < width; at += 32) context.fillRect(x + at, y, 12, height);
		if (pattern === "diagonal") {
			context.lineWidth = 12;
			for (let at = -height; at < width + height; at += 42) {
				context.beginPath();
				context.moveTo(x + at, y + height);
				context.lineTo(x + at + height * 0.7, y);
				context.stroke();
			}
		}
		if (pattern === "dots")
			for (let row = 0; row * 26 < height; row++)
				for (let column = 0; column * 32 < width + 32; column++) {
					context.beginPath();
					context.arc(x + column * 32 + (row % 2) * 16, y + row * 26 + 12, 6, 0, 2 * Math.PI);
					context.fill();
				}
		if (pattern === "rays")
			for (let ray = 0; ray < 12; ray += 2) {
				context.beginPath();
				context.moveTo(x + width / 2, y + height / 2);
				context.arc(x + width / 2, y + height / 2, width + height, (ray / 6) * Math.PI, ((ray + 1) / 6) * Math.PI);
				context.fill();
			}
		if (pattern === "waves") {
			context.lineWidth = 8;
			for (let row = 10; row < height; row += 34) {
				context.beginPath();
				for (let at = 0; at <= width; at += 8) context.lineTo(x + at, y + row + 7 * Math.sin((at / 32) * Math.PI));
				context.stroke();
			}
		}
		if (pattern === "blocks") {
			context.fillRect(x, y + height * 0.62, width, height * 0.38);
			context.fillRect(x, y, width, height * 0.08);
		}
		if (pattern === "fade") {
			const fade = context.createLinearGradient(0, y, 0, y + height);
			fade.addColorStop(0, ground);
			fade.addColorStop(1, ink);
			context.fillStyle = fade;
			context.fillRect(x, y, width, height);
		}
		context.restore();
	}

	#lid(ground: string, rim: string): void {
		this.#fill([0, 0, 64, 64], rim);
		this.#context.fillStyle = ground;
		this.#context.beginPath();
		this.#context.arc(32, 32, 26, 0, 2 * Math.PI);
		this.#context.fill();
		this.#fill([64, 0, 192, 64], rim);
	}

	#smallPrint([x, y, width, height]: Area): void {
		this.#fill([x, y, width, height], "rgba(255,255,255,.7)");
		for (let line = 4; line + 3 < height; line += 7)
			this.#fill([x + 4, y + line, (width - 8) * (0.6 + 0.4 * this.#random.next()), 2], "rgba(30,34,38,.55)");
	}

	/** Layers of a sandwich seen through film. */
	#filling([x, y, width, height]: Area, chicken: boolean): void {
		const bread = this.#tint("#dcae72");
		this.#fill([x, y, width, height], bread);
		for (let crumb = 0; crumb < 90; crumb++)
			this.#fill(
				[x + width * this.#random.next(), y + height * this.#random.next(), 3, 2],
				crumb % 2 ? "rgba(255,244,220,.5)" : "rgba(140,92,40,.3)",
			);
		const layers: readonly [number, number, string][] = chicken
			? [
					[0.3, 0.1, "#5f9a37"],
					[0.38, 0.13, "#e9d9bd"],
					[0.5, 0.07, "#c4452e"],
					[0.57, 0.1, "#7db548"],
				]
			: [
					[0.28, 0.12, "#fffdf2"],
					[0.38, 0.12, "#f4be2a"],
					[0.5, 0.12, "#fff8dc"],
					[0.6, 0.06, "#f7d65a"],
				];
		const context = this.#context;
		for (const [from, high, colour] of layers) {
			context.fillStyle = this.#tint(colour);
			context.beginPath();
			context.moveTo(x, y + height * from);
			for (let at = 0; at <= width; at += 8)
				context.lineTo(x + at, y + height * from + 5 * Math.sin(at * 0.35 + 9 * from) - 3);
			context.lineTo(x + width, y + height * (from + high));
			for (let at = width; at >= 0; at -= 8)
				context.lineTo(x + at, y + height * (from + high) + 4 * Math.sin(at * 0.4 + 20 * from));
			context.fill();
		}
		if (!chicken)
			for (let slice = 0; slice < 4; slice++) {
				const [at, down] = [x + width * (0.14 + 0.24 * slice), y + height * (0.42 + 0.05 * (slice % 2))];
				context.fillStyle = "#ffffff";
				context.beginPath();
				context.arc(at, down, width * 0.12, 0, 2 * Math.PI);
				context.fill();
				context.fillStyle = "#f2ac12";
				context.beginPath();
				context.arc(at, down, width * 0.065, 0, 2 * Math.PI);
				context.fill();
			}
		this.#fill([x, y, width, 8], "rgba(255,255,255,.5)");
	}

	/** Cut fruit behind clear plastic. */
	#fruit([x, y, width, height]: Area): void {
		const colours = ["#e0524d", "#f2a62c", "#8fbf5a", "#f7e08a", "#a2325f", "#f5f0dc", "#ef7f3a"];
		this.#fill([x, y, width, height], "#e7c98a");
		const pieces = Math.round((width * height) / 340);
		for (let piece = 0; piece < pieces; piece++) {
			this.#context.fillStyle = this.#tint(colours[piece % colours.length] ?? "#e0524d");
			this.#context.beginPath();
			this.#context.ellipse(
				x + width * this.#random.next(),
				y + height * this.#random.next(),
				Math.min(17, width / 6),
				Math.min(13, width / 7),
				3 * this.#random.next(),
				0,
				2 * Math.PI,
			);
			this.#context.fill();
		}
	}
}

/** A colour, `#rrggbb` or `hsl(…)`, times a brightness. */
export function shadeOf(colour: string, by: number): string {
	const hsl = /^hsl\(([\d.]+) ([\d.]+)% ([\d.]+)%\)$/.exec(colour);
	if (hsl) return `hsl(${hsl[1]} ${hsl[2]}% ${Math.min(97, Number(hsl[3]) * by).toFixed(1)}%)`;
	const parts = [1, 3, 5].map((at) => Math.min(255, Math.round(Number.parseInt(colour.slice(at, at + 2), 16) * by)));
	return `rgb(${parts.join(" ")})`;
}
