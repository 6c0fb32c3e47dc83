import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinuxProvider } from "@visionvend/pi-runtime/linux/provider";
import { checkRule, type RuleResult, ruleCount } from "@visionvend/sdk/conformance/driver-rules";
import type { ConformanceHost } from "@visionvend/sdk/conformance/driver-subject";
import { z } from "zod";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { createXsEngine } from "../engine/xs-engine.ts";
import { anyPins } from "../linux/any-pins.ts";
import { SimulatedLinux } from "../linux/simulated-linux.ts";
import { MemoryStorage } from "../machine/memory-storage.ts";
import { SeededRandom } from "../random.ts";
import type { XsHost } from "../xs/build.ts";
import type { Part } from "./parts.ts";

/** Hosts that can run on this computer. `linux` is the provider for a Pi, on simulated device files. */
export const conformanceHosts = ["node", "xs", "linux"] as const;
export type ConformanceHostName = (typeof conformanceHosts)[number];

/** How one driver stands on one host. */
export interface Conformance {
	readonly part: string;
	readonly host: ConformanceHostName;
	/** Rules that are broken, and how; empty when all are kept. */
	readonly failures: readonly RuleResult[];
	/** Why the driver cannot run there at all; undefined where it can. */
	readonly notThere: string | undefined;
}

const mostNs = 60e9;

/** Tries every rule on one driver. `xsHost` is needed for the host `xs`. */
export function runConformance(part: Part, host: ConformanceHostName, xsHost?: XsHost): Conformance {
	const { subject } = part;
	const report = (results: readonly RuleResult[], notThere?: string): Conformance => ({
		part: subject.part,
		host,
		failures: results.filter(({ failure }) => failure !== ""),
		notThere,
	});
	switch (host) {
		case "node":
			return report(onBoard(part, (board) => ({ host: board, close: () => board.reset() })));
		case "linux": {
			const obstacle = obstacleOnLinux(part);
			if (obstacle !== undefined) return report([], obstacle);
			return report(
				onBoard(part, (board) => {
					const provider = createLinuxProvider({
						system: new SimulatedLinux({ board, layout: "any-pins" }),
						board: anyPins,
					});
					return { host: provider, close: () => provider.close() };
				}),
			);
		}
		case "xs":
			if (xsHost === undefined) throw new Error("The host xs needs an XS host: buildXsHost().");
			return report(onXs(part, xsHost));
	}
}

/** A board of its own for each rule: what one leaves behind is no excuse for the next. */
function onBoard(
	part: Part,
	provide: (board: Board) => { readonly host: ConformanceHost; close(): void },
): readonly RuleResult[] {
	const numbers = Array.from({ length: ruleCount() }, (_, number) => number);
	return numbers.map((number) => {
		const board = new Board({ clock: new SimulationClock() });
		part.solder(board);
		const { host, close } = provide(board);
		// Rules are scripts: hardware goes on while they wait for IO, callbacks do not.
		let result: RuleResult | undefined;
		board.clock.callback(() => {
			result = checkRule(part.subject, host, number);
		});
		board.clock.run(mostNs);
		close();
		if (result === undefined) throw new Error(`Rule ${number} of ${part.subject.part} did not run.`);
		return result;
	});
}

/** A Pi has no analog inputs; whoever needs one needs a converter beside it. */
function obstacleOnLinux({ subject, solder }: Part): string | undefined {
	const board = new Board({ clock: new SimulationClock() });
	solder(board);
	let needsAnalog = false;
	const { Analog } = board.io;
	class Counted extends Analog {
		constructor(options: ConstructorParameters<typeof Analog>[0]) {
			needsAnalog = true;
			super(options);
		}
	}
	subject.open(subject.options({ io: { ...board.io, Analog: Counted }, timer: board.timer })).close();
	board.reset();
	return needsAnalog ? "needs an analog input, which a Pi does not have" : undefined;
}

const resultSchema = z.object({ title: z.string(), failure: z.string() });

function onXs(part: Part, host: XsHost): readonly RuleResult[] {
	const { name } = { name: part.subject.part };
	const folder = mkdtempSync(join(tmpdir(), "visionvend-conformance-"));
	try {
		const file = join(folder, "program.mjs");
		writeFileSync(file, programFor(name));
		const clock = new SimulationClock();
		const board = new Board({ clock });
		part.solder(board);
		const random = new SeededRandom(1);
		const results: RuleResult[] = [];
		const resets: string[] = [];
		const engine = createXsEngine({
			host,
			board,
			clock,
			storage: new MemoryStorage(),
			random: (byteLength) => random.bytes(byteLength),
			resetReason: "power-on",
			log: (event, detail) => {
				if (event === "rule") results.push(resultSchema.parse(JSON.parse(detail)));
				else if (event === "fault") resets.push(detail);
			},
			onReset: (reason) => resets.push(reason),
			program: { specifier: "conformance/program", file, preload: true },
		});
		engine.start();
		clock.run(mostNs);
		engine.stop();
		board.reset();
		if (results.length === ruleCount()) return results;
		const after = results.at(-1)?.title ?? "nothing";
		return [...results, { title: "Runs on XS", failure: `stopped after "${after}": ${resets.join(", ")}` }];
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Each rule in an event of its own, on a fresh stack, and with the garbage of the one before collected. */
function programFor(part: string): string {
	return `import { subject } from "@visionvend/drivers/${part}/conformance";
import { checkRule, ruleCount } from "@visionvend/sdk/conformance/driver-rules";
export function start(host) {
	const next = (number) => {
		host.log("rule", checkRule(subject, host, number));
		if (number + 1 < ruleCount()) host.timer.set(() => next(number + 1), 2000);
	};
	host.timer.set(() => next(0), 0);
}
`;
}
