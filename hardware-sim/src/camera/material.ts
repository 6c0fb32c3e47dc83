import type { SKRSContext2D } from "@napi-rs/canvas";
import type { SeededRandom } from "../random.ts";
import { css } from "./colour.ts";
import { textureSide } from "./mesh.ts";
import type { Split } from "./split.ts";
import { paintTexture, type Texture } from "./texture.ts";

/** What a cabinet is made of. */
export interface Material {
	/** Unique, e.g. `training-3`. */
	readonly name: string;
	readonly wall: Texture;
	readonly board: Texture;
	readonly rail: Texture;
	readonly frame: Texture;
}

const counts: Readonly<Record<Split, number>> = Object.freeze({ training: 40, validation: 3, evaluation: 6 });

type Grain = "plain" | "brushed" | "speckle" | "slats" | "grid" | "wood" | "fade" | "tiles" | "perforated" | "ribbed";

/** Surfaces; the last ones of them only the evaluation knows. */
const grains: Readonly<Record<Split, readonly Grain[]>> = Object.freeze({
	training: ["plain", "brushed", "speckle", "slats", "grid", "wood", "fade", "tiles"],
	validation: ["plain", "brushed", "grid", "fade"],
	evaluation: ["plain", "brushed", "slats", "perforated", "ribbed", "fade"],
});

/** How many cabinets a split has. */
export function materialCount(split: Split): number {
	return counts[split];
}

/** One cabinet of a split, always the same. */
export function materialOf(split: Split, number: number, chance: SeededRandom): Material {
	const name = `${split}-${number + 1}`;
	const random = chance.fork(`material ${name}`);
	const pick = (): Grain => {
		const from = grains[split];
		return from[Math.floor(random.next() * from.length)] as Grain;
	};
	const dark = random.next() < 0.3;
	const tone = (least: number, most: number) =>
		css({
			hue: 360 * random.next(),
			saturation: 0.02 + 0.14 * random.next() ** 2,
			lightness: least + (most - least) * random.next(),
		});
	const wall = dark ? tone(0.12, 0.34) : tone(0.62, 0.9);
	const board = random.next() < 0.25 ? tone(0.2, 0.4) : tone(0.55, 0.85);
	const surface = (colour: string, shine: number) => {
		const grain = pick();
		const strew = random.fork(`grain ${colour}`);
		return paintTexture(shine, (context) => paintGrain(context, grain, colour, strew));
	};
	return {
		name,
		wall: surface(wall, 0.05),
		board: surface(board, 0.12),
		rail: paintTexture(0.05, (context) => paintRail(context, tone(0.25, 0.9), random.fork("tags"))),
		frame: paintTexture(0.1, (context) => paintGrain(context, "brushed", tone(0.12, 0.7), random.fork("frame"))),
	};
}

function paintGrain(context: SKRSContext2D, grain: Grain, colour: string, random: SeededRandom): void {
	const side = textureSide;
	context.fillStyle = colour;
	context.fillRect(0, 0, side, side);
	const ink = (dark: boolean, strength: number) =>
		dark ? `rgba(0,0,0,${strength.toFixed(3)})` : `rgba(255,255,255,${strength.toFixed(3)})`;
	const bar = (x: number, y: number, width: number, height: number, dark: boolean, strength: number) => {
		context.fillStyle = ink(dark, strength);
		context.fillRect(x, y, width, height);
	};
	switch (grain) {
		case "plain":
			break;
		case "brushed":
			for (let line = 0; line < 220; line++)
				bar(0, side * random.next(), side, 1 + random.next(), random.next() < 0.5, 0.05 * random.next());
			break;
		case "speckle":
			for (let dot = 0; dot < 1_500; dot++)
				bar(side * random.next(), side * random.next(), 2, 2, random.next() < 0.6, 0.16 * random.next());
			break;
		case "slats":
			for (let at = 0; at < side; at += 16) bar(at, 0, 4, side, true, 0.22);
			break;
		case "grid":
			for (let at = 0; at < side; at += 18) {
				bar(at, 0, 3, side, true, 0.25);
				bar(0, at, side, 3, true, 0.18);
			}
			break;
		case "wood":
			for (let line = 0; line < 60; line++) {
				context.strokeStyle = `rgba(90,52,20,${(0.1 + 0.16 * random.next()).toFixed(3)})`;
				context.lineWidth = 1 + 2 * random.next();
				const y = side * random.next();
				context.beginPath();
				context.moveTo(0, y);
				context.bezierCurveTo(80, y + 14 * random.next(), 170, y - 14 * random.next(), side, y);
				context.stroke();
			}
			break;
		case "fade": {
			const fade = context.createLinearGradient(0, 0, 0, side);
			fade.addColorStop(0, ink(false, 0.22));
			fade.addColorStop(1, ink(true, 0.3));
			context.fillStyle = fade;
			context.fillRect(0, 0, side, side);
			break;
		}
		case "tiles":
			for (let at = 0; at < side; at += 43) {
				bar(at, 0, 3, side, false, 0.4);
				bar(0, at, side, 3, false, 0.4);
			}
			break;
		case "perforated":
			for (let y = 8; y < side; y += 16)
				for (let x = 8 + ((y >> 4) & 1) * 8; x < side; x += 16) {
					context.fillStyle = ink(true, 0.34);
					context.beginPath();
					context.arc(x, y, 3.2, 0, 2 * Math.PI);
					context.fill();
				}
			break;
		case "ribbed":
			for (let at = 0; at < side; at += 12) {
				bar(0, at, side, 4, true, 0.14);
				bar(0, at + 5, side, 3, false, 0.14);
			}
			break;
	}
}

/** The strip in front of a shelf with paper price tags. */
function paintRail(context: SKRSContext2D, colour: string, random: SeededRandom): void {
	context.fillStyle = colour;
	context.fillRect(0, 0, textureSide, textureSide);
	const tags = 2 + Math.floor(4 * random.next());
	for (let tag = 0; tag < tags; tag++) {
		const x = ((tag + 0.2 + 0.4 * random.next()) * textureSide) / tags;
		context.fillStyle = random.next() < 0.75 ? "#f4f3ee" : "#f3d64c";
		context.fillRect(x, 30, 22, 196);
		context.fillStyle = "#2b2f33";
		context.fillRect(x + 3, 70, 16, 46);
		context.fillRect(x + 3, 146, 10, 30);
	}
}
