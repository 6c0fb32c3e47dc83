import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { memoryFolder } from "../scenario/memory-folder.ts";
import type { DayResult } from "./day.ts";

/** A day for a worker to play: everything in it can be sent to another process. */
export interface DayOrder {
	readonly seed: number;
	readonly day: number;
	readonly machine: MachineKind;
	readonly firstSale: number;
	readonly sales: number;
	readonly attacksASale: number;
	readonly faults: readonly string[];
	readonly without: readonly string[];
	readonly engine: "node" | "xs";
}

/** What a worker answers. */
export type WorkerAnswer =
	| { readonly type: "day"; readonly result: DayResult }
	| { readonly type: "failed"; readonly message: string };

/**
 * A day makes a few gigabytes of short-lived objects. With room for them, in MiB, most are dead before the garbage
 * collector comes: a sixth less time.
 */
const youngGenerationMiB = 64;

/** Plays days in processes of their own, or with none of them in this one. */
export class Workers {
	readonly #processes: ChildProcess[] = [];
	readonly #folder: string | undefined;
	readonly #playHere: (order: DayOrder) => Promise<DayResult>;

	/** @param mutant a planted bug that the workers load; needs at least one of them. */
	constructor(count: number, mutant: string | undefined, playHere: (order: DayOrder) => Promise<DayResult>) {
		this.#playHere = playHere;
		if (count === 0 && mutant !== undefined) throw new RangeError("A planted bug needs a worker of its own.");
		if (count === 0) return;
		const folder = mkdtempSync(join(memoryFolder(), "visionvend-campaign-"));
		this.#folder = folder;
		for (let number = 0; number < count; number++) this.#processes.push(start(mutant, folder));
	}

	/** Plays all orders. Ends early when a day breaks a promise, once all days before it are played. */
	async play(orders: readonly DayOrder[], onDay: (result: DayResult) => void, stopped?: AbortSignal): Promise<void> {
		const waiting = [...orders];
		let lastDay = Number.POSITIVE_INFINITY;
		const next = (): DayOrder | undefined => {
			const order = waiting.shift();
			return order === undefined || order.day > lastDay || stopped?.aborted ? undefined : order;
		};
		const work = async (play: (order: DayOrder) => Promise<DayResult>): Promise<void> => {
			for (let order = next(); order !== undefined; order = next()) {
				const result = await play(order);
				if (stopped?.aborted) return;
				if (result.violation !== undefined) lastDay = Math.min(lastDay, result.day);
				onDay(result);
			}
		};
		if (this.#processes.length === 0) await work(this.#playHere);
		else await Promise.all(this.#processes.map((process) => work((order) => ask(process, order))));
	}

	/** Ends the processes, also in the middle of a day. */
	close(): void {
		for (const process of this.#processes) process.kill("SIGKILL");
		if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
	}
}

function start(mutant: string | undefined, folder: string): ChildProcess {
	// Workers run what was built, also when this module is loaded as TypeScript.
	const script = fileURLToPath(import.meta.url).replace(
		/\/(src|dist)\/campaign\/workers\.[jt]s$/,
		"/dist/campaign/worker.js",
	);
	return fork(script, mutant === undefined ? [] : [mutant], {
		execArgv: [`--max-semi-space-size=${youngGenerationMiB}`],
		env: { ...process.env, TMPDIR: folder },
		stdio: ["ignore", "inherit", "inherit", "ipc"],
	});
}

function ask(worker: ChildProcess, order: DayOrder): Promise<DayResult> {
	return new Promise((resolve, reject) => {
		const end = () => {
			worker.off("message", onMessage);
			worker.off("exit", onExit);
		};
		const onMessage = (message: WorkerAnswer) => {
			end();
			if (message.type === "day") resolve(message.result);
			else reject(new Error(`day ${order.day}: ${message.message}`));
		};
		const onExit = (code: number | null, signal: string | null) => {
			end();
			reject(new Error(`The worker that played day ${order.day} ended (${signal ?? code}).`));
		};
		worker.on("message", onMessage);
		worker.on("exit", onExit);
		worker.send(order);
	});
}
