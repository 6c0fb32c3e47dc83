import { RoomProcess } from "../../src/scenario/room-process.ts";

/** A room that a supervisor starts again at once, as systemd does, whenever it is killed. */
export class KeptRoom {
	readonly #options: ConstructorParameters<typeof RoomProcess>[0];
	readonly #urlEvent: string;
	#process: RoomProcess | undefined;
	#changing: Promise<void> = Promise.resolve();
	#stopped = false;
	/** Where the present process listens; empty until it says so. */
	url = "";
	kills = 0;

	/** `urlEvent`: the log entry that tells in `url` where the room listens. */
	constructor(options: ConstructorParameters<typeof RoomProcess>[0] & { readonly urlEvent: string }) {
		this.#options = options;
		this.#urlEvent = options.urlEvent;
	}

	start(): void {
		this.url = "";
		const { onLine } = this.#options;
		const room = new RoomProcess({
			...this.#options,
			onLine: (entry) => {
				// Lines of a process that is dead by now still come out of the pipe.
				if (room === this.#process && entry.event === this.#urlEvent && typeof entry.url === "string") {
					this.url = new URL(entry.url).origin;
				}
				onLine(entry);
			},
		});
		this.#process = room;
	}

	/** SIGKILL now, whatever it is doing, its start included; and a new process as soon as this one is gone. */
	kill(): void {
		const room = this.#process;
		if (this.#stopped || room === undefined) return;
		this.#process = undefined;
		this.kills += 1;
		this.#changing = room.kill().then(() => {
			if (!this.#stopped) this.start();
		});
	}

	/** Throws when the room ended by itself. */
	check(): void {
		if (this.#process !== undefined && !this.#process.running)
			throw new Error(`${this.#options.name} ended by itself:\n${this.#process.complaints}`);
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		await this.#changing;
		await this.#process?.stop();
	}
}
