import { Worker } from "node:worker_threads";
import { openFlags } from "./abi/fcntl.ts";
import type { EdgeOrder, EdgeReport, EdgeWorkerData } from "./edge-message.ts";
import type { LibC } from "./libc.ts";

/** A thread that does not answer for so long has ended with an error, which Node reports by itself. */
const answerTimeoutMs = 1_000;

interface Thread {
	readonly worker: Worker;
	readonly wakeFd: number;
	/** Orders that the thread has carried out. */
	readonly done: Int32Array;
	ordered: number;
}

/** Tells of edges on GPIO lines, from a thread that runs while lines are watched and keeps the program alive meanwhile. */
export class EdgeWatcher {
	readonly #libc: LibC;
	readonly #script: URL;
	readonly #listeners = new Map<number, (events: Uint8Array) => void>();
	#thread: Thread | undefined;
	#lastId = 0;

	/** `script` is the built edge-worker. */
	constructor(libc: LibC, script: URL) {
		this.#libc = libc;
		this.#script = script;
	}

	/** The function that comes back returns once the thread has let go of `fd`, which may be closed then. */
	watch(fd: number, listener: (events: Uint8Array) => void): () => void {
		const id = ++this.#lastId;
		this.#thread ??= this.#start();
		this.#listeners.set(id, listener);
		this.#order(this.#thread, { kind: "watch", id, fd });
		return () => {
			const thread = this.#thread;
			if (!this.#listeners.delete(id) || thread === undefined) return;
			this.#order(thread, { kind: "forget", id });
			const isLast = this.#listeners.size === 0;
			if (isLast) this.#order(thread, { kind: "stop" });
			this.#awaitAnswer(thread);
			if (!isLast) return;
			this.#thread = undefined;
			this.#libc.close(thread.wakeFd);
		};
	}

	#start(): Thread {
		const ends = new Int32Array(2);
		if (this.#libc.pipe2(ends, openFlags.O_CLOEXEC | openFlags.O_NONBLOCK) < 0)
			throw new Error(`GPIO edges: pipe2 failed with errno ${this.#libc.errno()}. Are too many files open?`);
		const [readEnd = -1, writeEnd = -1] = ends;
		const done = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
		const workerData: EdgeWorkerData = { wakeFd: readEnd, done };
		const worker = new Worker(this.#script, { workerData });
		// Nobody listens to "error": a thread that dies ends the program, for a door that nobody watches is worse.
		worker.on("message", ({ id, events }: EdgeReport) => this.#listeners.get(id)?.(events));
		return { worker, wakeFd: writeEnd, done: new Int32Array(done), ordered: 0 };
	}

	#order(thread: Thread, order: EdgeOrder): void {
		thread.worker.postMessage(order);
		thread.ordered++;
		this.#libc.write(thread.wakeFd, Uint8Array.of(0), 1);
	}

	#awaitAnswer(thread: Thread): void {
		for (;;) {
			const seen = Atomics.load(thread.done, 0);
			if (seen >= thread.ordered) return;
			if (Atomics.wait(thread.done, 0, seen, answerTimeoutMs) === "timed-out") return;
		}
	}
}
