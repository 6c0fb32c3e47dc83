import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Split } from "../camera/split.ts";
import type { SessionResult } from "./judge-session.ts";
import type { NoiseLevel } from "./session-noise.ts";
import type { StoryName } from "./session-story.ts";

/** A session for a worker to play. */
export interface SessionOrder {
	readonly seed: number;
	readonly number: number;
	readonly story: StoryName;
	readonly noise: NoiseLevel;
}

/** What a worker answers. */
export type SessionAnswer =
	| { readonly type: "played"; readonly result: SessionResult; readonly cpuMs: number }
	| { readonly type: "failed"; readonly message: string };

/** Plays sessions in processes of their own. The results do not depend on how many there are. */
export class SessionWorkers {
	readonly #processes: ChildProcess[];

	/** @param modelPath of the detector. @param split whose designs, cabinets and hands it is shown. */
	constructor(count: number, modelPath: string, split: Split) {
		// Workers run what was built, also when this module is loaded as TypeScript.
		const script = fileURLToPath(import.meta.url).replace(
			/\/(src|dist)\/evaluation\/session-workers\.[jt]s$/,
			"/dist/evaluation/session-worker.js",
		);
		this.#processes = Array.from({ length: count }, () =>
			fork(script, [modelPath, split], {
				execArgv: [],
				stdio: ["ignore", "inherit", "inherit", "ipc"],
			}),
		);
	}

	/** Plays all orders; ends early when `stopped`. */
	async play(
		orders: readonly SessionOrder[],
		onResult: (order: SessionOrder, result: SessionResult, cpuMs: number) => void,
		stopped?: AbortSignal,
	): Promise<void> {
		const waiting = [...orders];
		await Promise.all(
			this.#processes.map(async (process) => {
				for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
					const { result, cpuMs } = await ask(process, order);
					if (stopped?.aborted) return;
					onResult(order, result, cpuMs);
				}
			}),
		);
	}

	close(): void {
		for (const process of this.#processes) process.kill("SIGKILL");
	}
}

function ask(worker: ChildProcess, order: SessionOrder): Promise<Extract<SessionAnswer, { type: "played" }>> {
	return new Promise((resolve, reject) => {
		const end = () => {
			worker.off("message", onMessage);
			worker.off("exit", onExit);
		};
		const onMessage = (message: SessionAnswer) => {
			end();
			if (message.type === "played") resolve(message);
			else reject(new Error(`session ${order.number} (${order.story}): ${message.message}`));
		};
		const onExit = (code: number | null, signal: string | null) => {
			end();
			reject(new Error(`The worker that played session ${order.number} ended (${signal ?? code}).`));
		};
		worker.on("message", onMessage);
		worker.on("exit", onExit);
		worker.send(order);
	});
}
