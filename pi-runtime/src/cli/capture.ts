import { readFile, rename, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { systemClock } from "@visionvend/sdk/clock";
import { type Calibration, parseCalibration, withCamera } from "../calibrate/calibration.ts";
import { lightAdvice, pictureQuality } from "../calibrate/picture-quality.ts";
import { corners, newProduct, zoneOf } from "../calibrate/shelf-corners.ts";
import { LiveView } from "../capture/live-view.ts";
import { sourceForms } from "../capture/open-frame-source.ts";
import { annotate } from "../detect/annotate.ts";
import { defaultModelPath } from "../detect/default-model.ts";
import type { Detection } from "../detect/detection.ts";
import { startDetector, type WorkerDetector } from "../detect/worker-detector.ts";
import { jpegOf } from "../events/open-eyes.ts";
import type { ShelfZone } from "../events/shelf-zones.ts";
import { cameraNumber, cameraSource, pictureSize } from "./camera-options.ts";
import { checkedUsage } from "./checked-usage.ts";
import { UsageError } from "./usage-error.ts";

const usage = `visionvend-pi capture SOURCE --out FILE.jpg [--size WxH]
visionvend-pi capture SOURCE --calibrate --out calibration.json [--camera N] [--shelves 0,1] [--model FILE] [--size WxH]

Takes a picture, or walks you through setting up a camera: focus, light, where its shelves are, and the scales below them.
SOURCE is ${sourceForms}.

  --out FILE       the picture; or the calibration, to which this camera is added: "vision": {"calibration": "FILE"}
  --camera N       which camera of the machine it is; 0 where not given
  --shelves A,B    the shelves that it sees, topmost first; 0,1 for camera 0, 2,3 for camera 1
  --model FILE     an ONNX detector; the one that comes with VisionVend where not given
  --size WxH       of the pictures; 1280x720 where not given

Exit status: 0 done, 1 the camera or the model cannot be used, or nobody answers, 2 wrong words.
`;

/** A person at a terminal. */
export interface Person {
	say(text: string): void;
	/** Resolves when the person pressed Enter, to what was typed before. Rejects when nobody is there any more. */
	ask(question: string): Promise<string>;
}

/** `capture SOURCE`. `person` and `worker` are for tests. */
export async function capture(
	words: string[],
	{ person = atTerminal(), worker = undefined as URL | undefined } = {},
): Promise<number> {
	const { values, positionals } = checkedUsage(() =>
		parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				out: { type: "string", short: "o" },
				calibrate: { type: "boolean", default: false },
				camera: { type: "string", default: "0" },
				shelves: { type: "string" },
				model: { type: "string", short: "m" },
				size: { type: "string", default: "1280x720" },
				help: { type: "boolean", short: "h" },
			},
		}),
	);
	if (values.help) {
		person.say(usage);
		return 0;
	}
	const source = cameraSource("capture", positionals);
	const { out } = values;
	if (out === undefined) throw new UsageError("capture: --out is missing.");
	const { width, height } = pictureSize(values.size);
	const camera = cameraNumber(values.camera);
	const shelves = (values.shelves ?? `${camera * 2},${camera * 2 + 1}`).split(",");
	if (shelves.some((shelf) => !/^\d{1,2}$/.test(shelf)))
		throw new UsageError(`--shelves ${values.shelves}: give numbers, such as 0,1.`);

	const view = new LiveView(source, {
		...{ camera, width, height, framesPerSecond: 15, clock: systemClock },
		onProblem: (problem) => person.say(problem),
	});
	try {
		if (!values.calibrate) {
			const picture = await jpegOf(await view.next(), "capture");
			await writeFile(out, picture.bytes);
			person.say(out);
			return 0;
		}
		const before = await readBefore(out);
		const detector = await startDetector({ model: values.model ?? defaultModelPath(), clock: systemClock, worker });
		try {
			const part = await calibrate({ person, view, detector, camera, shelves: shelves.map(Number) });
			const calibration = withCamera(before, { camera, source, measuredAt: new Date().toISOString(), ...part });
			await writeFile(`${out}.new`, `${JSON.stringify(calibration, null, "\t")}\n`);
			await rename(`${out}.new`, out);
			const last = await view.next();
			const marks = part.zones.map(({ shelf, polygon }): Detection => {
				const [x, y] = [polygon.map(([across]) => across * width), polygon.map(([, down]) => down * height)];
				const box = [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)] as const;
				return { label: `shelf ${shelf}`, score: 1, box };
			});
			const picture = out.replace(/(\.json)?$/, `-camera-${camera}.png`);
			await writeFile(picture, await annotate({ format: "i420", ...last }, marks));
			person.say(`${out}: camera ${camera} is calibrated. Look at ${picture}: does each frame hold its shelf?`);
			return 0;
		} finally {
			await detector.close();
		}
	} finally {
		await view.close();
	}
}

async function calibrate({
	person,
	view,
	detector,
	camera,
	shelves,
}: {
	readonly person: Person;
	readonly view: LiveView;
	readonly detector: WorkerDetector;
	readonly camera: number;
	readonly shelves: readonly number[];
}): Promise<{ sharpness: number; brightness: number; zones: ShelfZone[] }> {
	person.say(
		"1. Focus. Put products on the shelves. Turn the lens and press Enter after each turn; type ok and Enter at the best.",
	);
	let quality = pictureQuality(await view.next());
	let best = 0;
	do {
		quality = pictureQuality(await view.next());
		best = Math.max(best, quality.sharpness);
		const share = best === 0 ? 0 : Math.round((quality.sharpness / best) * 100);
		person.say(`   sharpness ${quality.sharpness.toFixed(0)}, ${share} % of the best so far`);
	} while ((await person.ask("   Enter or ok: ")).trim() !== "ok");

	person.say("2. Light. Close the door as far as the picture allows.");
	for (;;) {
		quality = pictureQuality(await view.next());
		const advice = lightAdvice(quality);
		person.say(`   brightness ${quality.brightness.toFixed(0)} of 255${advice.length === 0 ? ": good" : ""}`);
		if (advice.length === 0) break;
		for (const sentence of advice) person.say(`   ${sentence}`);
		if ((await person.ask("   Enter to look again, ok to go on as it is: ")).trim() === "ok") break;
	}

	person.say("3. Shelves. Take everything out, and have one product at hand that the detector knows.");
	const zones: ShelfZone[] = [];
	for (const shelf of shelves) {
		const boxes: Detection["box"][] = [];
		await person.ask(`   Shelf ${shelf} is empty: Enter. `);
		const empty = await detector.detect(await view.next());
		for (const corner of corners) {
			let found: Detection | undefined;
			do {
				await person.ask(
					`   The product alone at the ${corner} corner of shelf ${shelf}, hands out of the picture: Enter. `,
				);
				found = newProduct(empty, await detector.detect(await view.next()));
				if (found === undefined)
					person.say("   Nothing is seen there. Turn its face to the camera, or try another product.");
			} while (found === undefined);
			person.say(`   ${found.label}, ${Math.round(found.score * 100)} %`);
			boxes.push(found.box);
		}
		const [leftFront, rightFront, rightBack, leftBack] = boxes;
		if (leftFront === undefined || rightFront === undefined || rightBack === undefined || leftBack === undefined)
			throw new Error("A corner is missing.");
		zones.push(zoneOf({ camera, shelf }, [leftFront, rightFront, rightBack, leftBack], view.size));
	}
	person.say(
		[
			"4. Scales. They belong to the controller, which the cloud asks. For each shelf, with the machine in service mode:",
			"   empty shelf: the command tare; then a known weight on it: the command calibrate with its grams.",
			"   docs/guides/calibrate.md shows both.",
		].join("\n"),
	);
	return { sharpness: quality.sharpness, brightness: quality.brightness, zones };
}

async function readBefore(path: string): Promise<Calibration | undefined> {
	let text: string;
	try {
		text = await readFile(path, "utf8");
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
	return parseCalibration(text);
}

function atTerminal(): Person {
	return {
		say: (text) => void process.stdout.write(`${text}\n`),
		async ask(question) {
			const terminal = createInterface({ input: process.stdin, output: process.stdout });
			try {
				return await new Promise<string>((resolve, reject) => {
					terminal.once("close", () => reject(new Error("Nobody answers: the input ended.")));
					terminal.question(question).then(resolve, reject);
				});
			} finally {
				terminal.close();
			}
		},
	};
}
