import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { canvasOf } from "./canvas.ts";
import { type Corruption, corruptions } from "./corruption.ts";
import { countedSidePixels, countedVisibility, isCounted } from "./counted.ts";
import { labels } from "./random-scene.ts";
import { type LabelledPicture, SceneMaker } from "./scene-maker.ts";
import type { Split } from "./split.ts";
import type { PictureSize } from "./view.ts";

/** What a data set is made from. Everything in it can be sent to another thread. */
export interface DatasetOrder {
	readonly folder: string;
	readonly scenes: number;
	readonly seed: number;
	readonly split: Split;
	readonly size: PictureSize;
	readonly corruption: Corruption;
	/** So many of the first pictures as PNG with their boxes drawn in, for people. */
	readonly pngs: number;
}

/** Scenes a shard. */
export const shardScenes = 1_000;

export function shardCount(order: DatasetOrder): number {
	return Math.ceil(order.scenes / shardScenes);
}

function shardName(shard: number): string {
	return String(shard).padStart(5, "0");
}

/** Empties the folder of an earlier data set and writes down what the new one is. */
export async function beginDataset(order: DatasetOrder): Promise<void> {
	await mkdir(order.folder, { recursive: true });
	for (const name of await readdir(order.folder))
		if (/^\d{5}\.(rgb|jsonl)(\.part)?$|^scene-\d+\.png$|^dataset\.json$/.test(name)) await rm(join(order.folder, name));
	const { scenes, seed, split, size, corruption } = order;
	const shards = Array.from({ length: shardCount(order) }, (_, shard) => ({
		pictures: `${shardName(shard)}.rgb`,
		truth: `${shardName(shard)}.jsonl`,
		scenes: Math.min(shardScenes, scenes - shard * shardScenes),
	}));
	const description = {
		format: "visionvend-scenes-2",
		labels,
		counted: { visibility: countedVisibility, sidePixels: countedSidePixels },
		scenes,
		seed,
		split,
		size,
		corruption: { name: corruption, ...corruptions[corruption] },
		shards,
	};
	await writeFile(join(order.folder, "dataset.json"), `${JSON.stringify(description, null, 2)}\n`);
}

/** Writes one shard; its files get their names when they are whole. */
export async function writeShard(order: DatasetOrder, shard: number, maker: SceneMaker): Promise<void> {
	const name = join(order.folder, shardName(shard));
	const pictures = createWriteStream(`${name}.rgb.part`);
	const lines: string[] = [];
	const first = shard * shardScenes;
	for (let scene = first; scene < Math.min(order.scenes, first + shardScenes); scene++) {
		const labelled = await maker.make(scene);
		if (!pictures.write(labelled.picture.data)) await once(pictures, "drain");
		lines.push(JSON.stringify(truthOf(labelled)));
		if (scene < order.pngs)
			await writeFile(join(order.folder, `scene-${String(scene).padStart(5, "0")}.png`), annotated(labelled, 3));
	}
	pictures.end();
	await once(pictures, "finish");
	await writeFile(`${name}.jsonl.part`, `${lines.join("\n")}\n`);
	await rename(`${name}.jsonl.part`, `${name}.jsonl`);
	// Whoever waits for a shard waits for its pictures: they come last.
	await rename(`${name}.rgb.part`, `${name}.rgb`);
}

/** One line of a shard's `.jsonl`. */
function truthOf({ scene, camera, picture, objects }: LabelledPicture) {
	return {
		scene,
		camera,
		objects: objects.map((object) => {
			const { label, design, box, visibility, occludedByHand } = object;
			const [x1, y1, x2, y2] = box.map(rounded);
			const counted = isCounted(object, picture);
			return { label, design, x1, y1, x2, y2, visibility: rounded(visibility), occludedByHand, counted };
		}),
	};
}

function rounded(value: number): number {
	return Math.round(1_000 * value) / 1_000;
}

/** A picture enlarged, with its boxes: green where they count, grey where they do not, red below a hand. */
export function annotated({ picture, objects }: LabelledPicture, scale: number): Uint8Array {
	const { width, height } = picture;
	const small = canvasOf(picture);
	const canvas = createCanvas(width * scale, height * scale);
	const context = canvas.getContext("2d");
	context.drawImage(small, 0, 0, width * scale, height * scale);
	context.font = "bold 12px sans-serif";
	for (const object of objects) {
		const { label, box, visibility, occludedByHand } = object;
		const [x1, y1, x2, y2] = box.map((edge) => edge * scale) as [number, number, number, number];
		const counts = isCounted(object, picture);
		context.strokeStyle = counts ? (occludedByHand ? "#ff4a3d" : "#3dff6e") : "#9aa0a6";
		context.lineWidth = counts ? 2 : 1;
		context.strokeRect(x1, y1, x2 - x1, y2 - y1);
		if (!counts) continue;
		const text = `${label} ${visibility.toFixed(2)}`;
		context.fillStyle = "rgba(0,0,0,.6)";
		context.fillRect(x1, y1, context.measureText(text).width + 6, 15);
		context.fillStyle = "#fff";
		context.fillText(text, x1 + 3, y1 + 11);
	}
	return canvas.toBuffer("image/png");
}

/** Writes a whole data set in this thread. */
export async function writeDataset(order: DatasetOrder, onShard: (done: number, of: number) => void): Promise<void> {
	await beginDataset(order);
	const maker = new SceneMaker(order);
	const count = shardCount(order);
	for (let shard = 0; shard < count; shard++) {
		await writeShard(order, shard, maker);
		onShard(shard + 1, count);
	}
}
