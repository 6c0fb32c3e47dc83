import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A room as a process of its own, that writes one JSON object a line. */
export class RoomProcess {
	readonly #child: ChildProcess;
	readonly #name: string;
	/** The last lines that were no JSON, or came on standard error: what a person wants to see when it dies. */
	readonly #complaints: string[] = [];
	#expectedToEnd = false;

	constructor(options: {
		readonly name: string;
		readonly script: string;
		readonly arguments: readonly string[];
		readonly environment: Readonly<Record<string, string>>;
		readonly onLine: (entry: Readonly<Record<string, unknown>>) => void;
	}) {
		this.#name = options.name;
		const child = spawn(process.execPath, [options.script, ...options.arguments], {
			stdio: ["ignore", "pipe", "pipe"],
			// In a process group of its own: Ctrl-C in a terminal is for whoever started it, who then ends it in order.
			detached: true,
			env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...options.environment },
		});
		this.#child = child;
		createInterface({ input: child.stdout }).on("line", (line) => {
			const entry = parseObject(line);
			if (entry) options.onLine(entry);
			else this.#complain(line);
		});
		createInterface({ input: child.stderr }).on("line", (line) => this.#complain(line));
		child.on("exit", (code, signal) => {
			if (!this.#expectedToEnd)
				process.stderr.write(`${this.#name} ended by itself (${signal ?? code}):\n${this.#complaints.join("\n")}\n`);
		});
		process.once("exit", this.#killAtExit);
	}

	readonly #killAtExit = () => this.#child.kill("SIGKILL");

	/** Undefined when it could not be started. */
	get pid(): number | undefined {
		return this.#child.pid;
	}

	get running(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	get complaints(): string {
		return this.#complaints.join("\n");
	}

	/** SIGKILL, and the process is gone when the promise resolves. */
	async kill(): Promise<void> {
		await this.#end("SIGKILL");
	}

	/** SIGTERM; SIGKILL when it is not gone 3 s later. */
	async stop(): Promise<void> {
		const impatience = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
		await this.#end("SIGTERM");
		clearTimeout(impatience);
	}

	async #end(signal: NodeJS.Signals): Promise<void> {
		this.#expectedToEnd = true;
		process.off("exit", this.#killAtExit);
		if (!this.running) return;
		const gone = once(this.#child, "exit");
		this.#child.kill(signal);
		await gone;
	}

	#complain(line: string): void {
		this.#complaints.push(line);
		if (this.#complaints.length > 20) this.#complaints.shift();
	}
}

function parseObject(line: string): Record<string, unknown> | undefined {
	if (!line.startsWith("{")) return undefined;
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === "object" && value !== null ? { ...value } : undefined;
	} catch {
		// Not JSON after all: the caller keeps it as text.
		return undefined;
	}
}
