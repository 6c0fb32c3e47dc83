import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Board } from "../../board/board.ts";
import { SimulationClock } from "../../clock.ts";
import { createXsEngine } from "../../engine/xs-engine.ts";
import { MemoryStorage } from "../../machine/memory-storage.ts";
import { SeededRandom } from "../../random.ts";
import type { XsHost } from "../../xs/build.ts";
import { parserSubjects } from "./device-parsers.ts";
import { Noise } from "./noise.ts";

/** What one parser made of its inputs. */
export interface ParserResult {
	readonly name: string;
	readonly inputs: number;
	/** Inputs of which something came: a frame, a body, a reading. */
	readonly taken: number;
	/** What it threw, or how the device ended; `undefined` when it did neither. */
	readonly failure: string | undefined;
}

export interface ParserOptions {
	/** Inputs in all, shared out evenly. */
	readonly inputs: number;
	readonly seed: number;
	/** The device's engine, or `undefined`: Node. */
	readonly xsHost: XsHost | undefined;
	readonly onResult?: ((result: ParserResult) => void) | undefined;
}

/** Gives every parser of the device what no partner would send. */
export function runParsers({ inputs, seed, xsHost, onResult }: ParserOptions): ParserResult[] {
	const subjects = parserSubjects();
	return subjects.map(({ name }, index) => {
		const share = Math.floor((inputs * (index + 1)) / subjects.length) - Math.floor((inputs * index) / subjects.length);
		const result = xsHost === undefined ? onNode(index, share, seed) : onXs(index, name, share, seed, xsHost);
		onResult?.(result);
		return result;
	});
}

function onNode(index: number, inputs: number, seed: number): ParserResult {
	const subject = parserSubjects()[index];
	if (subject === undefined) throw new RangeError(`There is no parser ${index}.`);
	const feed = subject.start(new Noise(seed + index));
	let taken = 0;
	for (let input = 1; input <= inputs; input++) {
		try {
			if (feed()) taken++;
		} catch (error) {
			const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
			return { name: subject.name, inputs: input, taken, failure: `input ${input} of seed ${seed + index}: ${told}` };
		}
	}
	return { name: subject.name, inputs, taken, failure: undefined };
}

const doneSchema = z.object({ inputs: z.int(), taken: z.int(), failure: z.string() });
/** An event of the device is a turn of its event loop: short, so that its watchdog sees a parser that hangs. */
const inputsAnEvent = 20;

function onXs(index: number, name: string, inputs: number, seed: number, host: XsHost): ParserResult {
	const folder = mkdtempSync(join(tmpdir(), "visionvend-parsers-"));
	try {
		const program = join(folder, "program.mjs");
		writeFileSync(program, programFor(index, inputs, seed + index));
		const clock = new SimulationClock();
		const random = new SeededRandom(seed);
		let done: z.infer<typeof doneSchema> | undefined;
		const ends: string[] = [];
		const engine = createXsEngine({
			host,
			board: new Board({ clock }),
			clock,
			storage: new MemoryStorage(),
			random: (byteLength) => random.bytes(byteLength),
			resetReason: "power-on",
			log: (event, detail) => {
				if (event === "parsed") done = doneSchema.parse(JSON.parse(detail));
				else if (event === "fault") ends.push(detail);
			},
			onReset: (reason) => ends.push(reason),
			program: { specifier: "parsers/program", file: program, preload: true },
			modules: ["device-parsers", "fake-parts", "noise", "sample-bodies"].map((module) => ({
				specifier: `@visionvend/hardware-sim/campaign/parsers/${module}`,
				file: builtFile(module),
				preload: true,
			})),
		});
		engine.start();
		clock.run((inputs / inputsAnEvent + 10) * 1e6);
		engine.stop();
		if (done === undefined)
			return {
				name,
				inputs,
				taken: 0,
				failure: `seed ${seed + index}: the device ended: ${ends.join(", ") || "silence"}`,
			};
		return { name, inputs: done.inputs, taken: done.taken, failure: done.failure === "" ? undefined : done.failure };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The device runs what was built, also when this module is loaded as TypeScript. */
function builtFile(module: string): string {
	const here = fileURLToPath(import.meta.url).replace("/src/campaign/", "/dist/campaign/");
	return here.replace(/run-parsers\.[jt]s$/, `${module}.js`);
}

/** Some inputs an event, each event on a fresh stack. */
function programFor(index: number, inputs: number, seed: number): string {
	return `import { parserSubjects } from "@visionvend/hardware-sim/campaign/parsers/device-parsers";
import { Noise } from "@visionvend/hardware-sim/campaign/parsers/noise";
export function start(host) {
	const feed = parserSubjects()[${index}].start(new Noise(${seed}));
	let inputs = 0;
	let taken = 0;
	const next = () => {
		for (let left = ${inputsAnEvent}; left > 0 && inputs < ${inputs}; left--) {
			inputs++;
			try {
				if (feed()) taken++;
			} catch (error) {
				host.log("parsed", { inputs, taken, failure: "input " + inputs + " of seed ${seed}: " + String(error) });
				return;
			}
		}
		if (inputs === ${inputs}) host.log("parsed", { inputs, taken, failure: "" });
		else host.timer.set(next, 1);
	};
	host.timer.set(next, 0);
}
`;
}

/** A line for each parser. */
export function parserTable(results: readonly ParserResult[]): string[] {
	const width = Math.max(0, ...results.map(({ name }) => name.length));
	return results.map(
		({ name, inputs, taken, failure }) =>
			`${name.padEnd(width)}  ${String(inputs).padStart(8)} inputs, ${String(taken).padStart(7)} taken${failure === undefined ? "" : `  FAILED: ${failure}`}`,
	);
}
