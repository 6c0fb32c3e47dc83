import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { errorText } from "../error-text.ts";

/** The wait before the n-th restart in a row (from 1): 1 s, doubling to 30 s. */
export function restartMs(failures: number): number {
	return Math.min(1_000 * 2 ** Math.min(failures - 1, 5), 30_000);
}

/** How long a program may take to end after it was asked to. */
const endingMs = 1_000;

/** One life of a program whose output is read, such as `rpicam-vid` or `ffmpeg`. */
export class ProgramRun {
	/** Resolves when it is gone and `onEnd` was called. */
	readonly ended: Promise<void>;
	readonly #child: ChildProcess;
	#reason: string | undefined;
	#lastWords = "";

	constructor(
		{
			program,
			words,
			takesInput = false,
		}: {
			/** Its name, found through `PATH`, or a path. */
			readonly program: string;
			readonly words: readonly string[];
			/** Whether something is written to `stdin`. */
			readonly takesInput?: boolean;
		},
		{ onBytes, onEnd }: { onBytes(bytes: Uint8Array): void; onEnd(why: string, status: number | null): void },
	) {
		const child = spawn(program, words, { stdio: [takesInput ? "pipe" : "ignore", "pipe", "pipe"] });
		this.#child = child;
		child.stdout?.on("data", onBytes);
		child.stderr?.on("data", (text: Buffer) => {
			this.#lastWords = (this.#lastWords + text.toString()).slice(-500);
		});
		// A pipe that breaks: `close` tells why.
		child.stdin?.on("error", () => undefined);
		this.ended = new Promise((resolve) => {
			let failed: Error | undefined;
			child.on("error", (error) => {
				failed = error;
				// Where nothing was started there is no `close` to wait for.
				if (child.pid === undefined) {
					onEnd(this.#why(failed, null, null), null);
					resolve();
				}
			});
			child.on("close", (status, signal) => {
				if (child.pid !== undefined) onEnd(this.#why(failed, status, signal), status);
				resolve();
			});
		});
	}

	/** For a program that takes input. */
	get stdin(): Writable {
		const { stdin } = this.#child;
		if (stdin === null) throw new Error("This program takes no input.");
		return stdin;
	}

	get stdout(): Readable {
		const { stdout } = this.#child;
		if (stdout === null) throw new Error("A program of ours writes to a pipe.");
		return stdout;
	}

	/** Ends it at once; `reason` completes the sentence "rpicam-vid …". */
	kill(reason: string): void {
		this.#reason ??= reason;
		this.#child.kill("SIGKILL");
	}

	/** Asks it to end, and kills it when it does not. Resolves when it is gone. */
	async end(): Promise<void> {
		this.#child.kill("SIGTERM");
		const timeout = setTimeout(() => this.#child.kill("SIGKILL"), endingMs);
		await this.ended;
		clearTimeout(timeout);
	}

	#why(failed: Error | undefined, status: number | null, signal: NodeJS.Signals | null): string {
		if (this.#reason !== undefined) return `${this.#reason}.`;
		if (failed !== undefined) {
			if ("code" in failed && failed.code === "ENOENT") return "is not installed.";
			return `cannot be started: ${errorText(failed)}.`;
		}
		const said = this.#lastWords.trim().split("\n").at(-1) ?? "";
		return `ended (${signal ?? `status ${status}`})${said === "" ? "." : `: ${said}`}`;
	}
}
