import { availableParallelism } from "node:os";
import { type Corruption, corruptions } from "../camera/corruption.ts";
import { detectorSize } from "../camera/counted.ts";
import type { DatasetOrder } from "../camera/dataset.ts";
import { writeDatasetOn } from "../camera/dataset-workers.ts";
import { type Split, splits } from "../camera/split.ts";
import { atPath, type CommandIO, exitCodes, parseCommandLine, parseSeed, refuseMore, UsageError } from "./command.ts";

export const name = "scenes";
export const summary = "labelled pictures of fridges, to train and to judge a detector";
export const usage = `visionvend-sim scenes --out FOLDER --scenes N [--split training|validation|evaluation] [--seed N]
                      [--size WIDTHxHEIGHT] [--corruption NAME] [--workers N] [--png N] [--json]

Draws what the two cameras of a fridge see: products, hands, places, light and lens by chance. Designs, cabinets and hands
of one split never occur in another.

  --out         folder for the data set; one that is there is replaced
  --scenes      how many pictures
  --split       what they are for; training where not given (train is the same)
  --seed        1 where not given; the same seed gives the same pictures, with any number of workers
  --size        of a picture, 448x256 where not given, as the shipped detector takes it: the whole view, stretched to it
  --corruption  what spoils them: ${Object.keys(corruptions).join(", ")}
  --workers     threads; as many as this computer has processors where not given
  --png         so many of the first pictures as PNG too, with their boxes, for people
  --json        one JSON object at the end

It writes dataset.json, and shards of a thousand scenes: 00000.rgb with width × height × 3 bytes a picture, 00000.jsonl with
a line a picture. A shard's files get their names when they are whole, .rgb last.

Exit codes: 0 written, 2 wrong arguments.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			out: { type: "string" },
			scenes: { type: "string" },
			split: { type: "string", default: "training" },
			seed: { type: "string" },
			size: { type: "string", default: `${detectorSize.width}x${detectorSize.height}` },
			corruption: { type: "string", default: "none" },
			workers: { type: "string" },
			png: { type: "string", default: "0" },
			json: { type: "boolean", default: false },
		},
		usage,
	);
	refuseMore(positionals, 0, usage);
	const { out } = values;
	if (out === undefined) throw new UsageError(`Where to? --out FOLDER is missing.\n\n${usage}`);
	const order: DatasetOrder = {
		folder: out,
		scenes: whole("--scenes", values.scenes, 1, 10_000_000),
		seed: parseSeed(values.seed, usage) ?? 1,
		split: splitOf(values.split),
		size: sizeOf(values.size),
		corruption: corruptionOf(values.corruption),
		pngs: whole("--png", values.png, 0, 10_000_000),
	};
	const workers = values.workers === undefined ? availableParallelism() : whole("--workers", values.workers, 1, 256);
	await atPath(out, () => writeDatasetOn(workers, order, (done, of) => io.err(`${done} of ${of} shards`)));
	const { scenes, split, seed, size, corruption } = order;
	if (values.json) io.out(JSON.stringify({ folder: out, scenes, split, seed, size, corruption }));
	else io.out(`${scenes} pictures of ${size.width} × ${size.height} for ${split}, seed ${seed}: ${out}`);
	return exitCodes.ok;
}

function splitOf(text: string): Split {
	const split = splits.find((known) => known === (text === "train" ? "training" : text));
	if (split === undefined) throw new UsageError(`--split ${text}: not one of ${splits.join(", ")}\n\n${usage}`);
	return split;
}

function sizeOf(text: string): DatasetOrder["size"] {
	const [width, height, ...rest] = text.split("x");
	if (rest.length > 0) throw new UsageError(`--size ${text}: width and height, as in 448x256\n\n${usage}`);
	return { width: whole("--size", width, 32, 1_920), height: whole("--size", height, 32, 1_920) };
}

function corruptionOf(text: string): Corruption {
	if (!isCorruption(text))
		throw new UsageError(`--corruption ${text}: not one of ${Object.keys(corruptions).join(", ")}\n\n${usage}`);
	return text;
}

function isCorruption(text: string): text is Corruption {
	return Object.hasOwn(corruptions, text);
}

function whole(option: string, text: string | undefined, least: number, most: number): number {
	const value = Number(text);
	if (text === undefined || text.trim() === "" || !Number.isInteger(value) || value < least || value > most)
		throw new UsageError(
			`${option}${text === undefined ? " is missing" : ` ${text}`}: a whole number from ${least} to ${most}\n\n${usage}`,
		);
	return value;
}
