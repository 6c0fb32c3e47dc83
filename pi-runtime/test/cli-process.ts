import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

/** The built `visionvend-pi` as a process of its own. */
export class CliProcess {
	readonly #child: ChildProcess;
	readonly #entries: Record<string, unknown>[] = [];
	readonly #waiting = new Set<() => void>();
	readonly #exit: Promise<number | null>;
	stdout = "";
	stderr = "";

	constructor(words: readonly string[], environment: Record<string, string> = {}) {
		if (!existsSync(cli)) throw new Error(`${cli} is not built: run "npm run build" first`);
		this.#child = spawn(process.execPath, [cli, ...words], { env: { ...process.env, ...environment } });
		this.#exit = once(this.#child, "close").then(([status]) => (typeof status === "number" ? status : null));
		this.#child.stderr?.on("data", (text: Buffer) => {
			this.stderr += text.toString();
		});
		const { stdout } = this.#child;
		if (stdout === null) throw new Error("no stdout");
		createInterface(stdout).on("line", (line) => {
			this.stdout += `${line}\n`;
			if (line.startsWith("{")) this.#entries.push(JSON.parse(line));
			for (const look of this.#waiting) look();
		});
	}

	/** The first log entry of this name, now or later. */
	event(event: string): Promise<Record<string, unknown>> {
		return new Promise((resolve, reject) => {
			const look = (): void => {
				const entry = this.#entries.find((candidate) => candidate.event === event);
				if (entry === undefined) return;
				this.#waiting.delete(look);
				resolve(entry);
			};
			this.#waiting.add(look);
			look();
			void this.#exit.then((status) =>
				reject(new Error(`visionvend-pi ended (${status}) before ${event}:\n${this.stdout}${this.stderr}`)),
			);
		});
	}

	/** Sends a signal and waits for the end. Resolves to the exit status, `null` when a signal ended it. */
	kill(signal: NodeJS.Signals): Promise<number | null> {
		this.#child.kill(signal);
		return this.#exit;
	}

	/** Waits for the end. */
	ended(): Promise<number | null> {
		return this.#exit;
	}
}
