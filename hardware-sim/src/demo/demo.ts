import { existsSync } from "node:fs";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { formatCents } from "@visionvend/sdk/catalog/money";
import { MemoryStage } from "../scenario/memory-stage.ts";
import { RealStage } from "../scenario/real-stage.ts";
import { type Outcome, runScenario } from "../scenario/run-scenario.ts";
import { scenarios } from "../scenario/scenarios.ts";
import type { StageEvent, StageOptions } from "../scenario/stage.ts";
import { StageEyes } from "../scenario/stage-eyes.ts";
import { oledTextArt } from "../trace/text-art.ts";
import { demoCatalogue, demoHoldCents } from "../world/demo-catalogue.ts";
import { buildXsHost } from "../xs/build.ts";
import { annotatedPictures } from "./annotated-pictures.ts";
import { type DemoArguments, scenarioList } from "./arguments.ts";
import { interrupted } from "./interruption.ts";
import { Keepsakes } from "./keepsakes.ts";
import { nameOf } from "./name-of.ts";
import { paint } from "./paint.ts";
import { serve } from "./serve.ts";
import { timelineLine, words } from "./timeline.ts";

/**
 * Plays one scenario and tells it. Returns the exit code: 0 only when it ended exactly as its name says.
 * An interruption ends it before its time, in good order; the code is then the interruption's reason.
 */
export async function runDemo(options: DemoArguments, interruption: AbortSignal): Promise<number> {
	if (options.scenario === "list") {
		process.stdout.write(`${scenarioList()}\n`);
		return 0;
	}
	const told = scenarios.find(({ name }) => name === options.scenario);
	const hasCameras = options.cameras && hasModelOrExcuse();
	const eyes = hasCameras && options.links === "memory" ? await StageEyes.open(defaultModelPath()) : undefined;
	const scenario = told && hasCameras && told.seen ? { ...told, ...told.seen } : told;
	if (!scenario) throw new Error(`no scenario ${options.scenario}`);
	const print = (line: string) => {
		// The rooms go on talking while they are stopped, and nobody listens.
		if (!interruption.aborted) process.stdout.write(`${line}\n`);
	};
	const say = (line: string) => {
		if (!options.json) print(line);
	};
	say(`${paint("bold", "VisionVend")} · ${scenario.name} · ${scenario.story}\n`);

	const xsHost = options.engine === "node" ? undefined : await xsHostOrExcuse(options, say);
	const engine = xsHost ? "xs" : "node";
	const story: string[] = [];
	let ended = false;
	let keepsakes: Keepsakes | undefined;
	const stageOptions: StageOptions = {
		seed: options.seed,
		products: demoCatalogue,
		holdCents: scenario.holdCents ?? demoHoldCents,
		xsHost,
		eyes,
		cameras: hasCameras,
		busEdges: true,
		onMachine: (machine) => {
			keepsakes = new Keepsakes(machine);
		},
		onEvent: (event: StageEvent) => {
			if (ended) return;
			if (options.json) print(JSON.stringify(event));
			keepsakes?.see(event);
			const line = timelineLine(event);
			if (line === undefined) return;
			story.push(timelineLine(event, { plain: true }) ?? line);
			say(line);
		},
	};
	const stage = options.links === "memory" ? await MemoryStage.open(stageOptions) : await RealStage.open(stageOptions);
	try {
		say("");
		const outcome = await Promise.race([runScenario(scenario, stage, engine), interrupted(interruption)]);
		if (typeof outcome === "number") return outcome;
		if (!keepsakes) throw new Error("the stage told of no machine");
		// The result is the last line: what the rooms say while they are stopped is no part of the story.
		ended = !options.serve;
		const seen =
			stage instanceof RealStage
				? await annotatedPictures(await stage.evidencePictures(), defaultModelPath())
				: (eyes?.pictures ?? []);
		const files = await keepsakes.write(options.out, outcome, story, seen);
		if (options.json) print(JSON.stringify(resultLine(outcome)));
		else tellOutcome(outcome, oledTextArt(keepsakes.lastPicture, 128, 64), durations(stage.events), say);
		say(`Kept in ${options.out}: ${files.join(", ")}`);
		for (const failure of outcome.failures) process.stderr.write(`not as told: ${failure}\n`);
		if (options.serve) await serve(stage, interruption);
		else tellWhatNext(say);
		return outcome.failures.length === 0 ? 0 : 1;
	} finally {
		await stage.close();
	}
}

function hasModelOrExcuse(): boolean {
	if (existsSync(defaultModelPath())) return true;
	process.stderr.write(`Cameras are off, and weights decide alone: ${defaultModelPath()} is missing.\n`);
	return false;
}

async function xsHostOrExcuse(options: DemoArguments, say: (line: string) => void) {
	const built = buildXsHost({ onProgress: (line) => say(paint("gray", line)) });
	if (built.ok) return built;
	const excuse = `The firmware runs in Node, not on XS: ${built.reason}`;
	if (options.json) process.stderr.write(`${excuse}\n`);
	else say(paint("yellow", excuse));
	return undefined;
}

function resultLine(outcome: Outcome) {
	const { result, heldCents, capturedCents, items, cause, engine, lockOpenings, slotsPeak, chunksPeak, traceSha256 } =
		outcome;
	return { result, heldCents, capturedCents, items, cause, engine, lockOpenings, slotsPeak, chunksPeak, traceSha256 };
}

/** How long the shopper waited, in words; empty where nobody waited for anything. */
function durations(events: readonly StageEvent[]): string[] {
	const first = (room: string, event: string) =>
		events.find((entry) => entry.room === room && entry.event === event)?.atMs;
	const between = (what: string, from: number | undefined, to: number | undefined) =>
		from === undefined || to === undefined || to < from ? [] : [`${what} ${((to - from) / 1000).toFixed(2)} s`];
	return [
		...between("tap to money held", first("phone", "tapped"), first("cloud", "payment.held")),
		...between("tap to open lock", first("phone", "tapped"), first("world", "bolt back")),
		...between("closed door to receipt", first("world", "door closed"), first("controller", "receipt.shown")),
	];
}

function tellOutcome(outcome: Outcome, display: string, took: readonly string[], say: (line: string) => void): void {
	const { slotsPeak, slotsBudget, chunksPeak, chunksBudget } = outcome;
	say("");
	if (widthOf(display) <= (process.stdout.columns ?? Number.POSITIVE_INFINITY)) say(`${display}\n`);
	for (const { sku, quantity, unitPriceCents } of outcome.items)
		say(`  ${quantity} × ${nameOf(sku).padEnd(20)} ${formatCents(quantity * unitPriceCents, "usd").padStart(8)}`);
	const good = outcome.failures.length === 0;
	const verdict = `${outcome.result}${outcome.cause ? ` (${words(outcome.cause)})` : ""}`;
	say(
		`  ${paint(good ? "green" : "red", verdict)} · held ${formatCents(outcome.heldCents, "usd")} · captured ${formatCents(outcome.capturedCents, "usd")} · the lock opened ${outcome.lockOpenings} ×`,
	);
	if (took.length > 0) say(`  ${took.join(" · ")}`);
	if (slotsPeak !== null && slotsBudget !== null && chunksPeak !== null && chunksBudget !== null)
		say(
			`  firmware on XS: ${slotsPeak} of ${slotsBudget} slots (${percent(slotsPeak, slotsBudget)}), ${chunksPeak} of ${chunksBudget} bytes of chunks (${percent(chunksPeak, chunksBudget)}) of an ESP32-S3`,
		);
	say("");
}

function tellWhatNext(say: (line: string) => void): void {
	say("");
	say("Try next:");
	say("  npm run demo -- --scenario swap-for-a-stone       a thief, and what the scales say");
	say("  npm run demo -- --scenario controller-power-cut   the plug is pulled with the door open");
	say("  npm run demo -- --scenario list                   all of them");
	say("  npm run demo -- --serve                           keep it running, and use curl");
	say("  docs/start-here.md                                where to go from here");
}

function widthOf(text: string): number {
	return Math.max(...text.split("\n").map((line) => line.length));
}

function percent(part: number, whole: number): string {
	return `${((100 * part) / whole).toFixed(0)} %`;
}
