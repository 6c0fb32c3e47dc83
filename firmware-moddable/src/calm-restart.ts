import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ControllerHost } from "./controller-host.ts";

/** For what was said last to leave. */
const LEAVE_MS = 2_000;
/** How often it looks whether the people at the machine have gone. */
const BUSY_POLL_MS = 1_000;

export interface CalmRestartOptions {
	readonly host: ControllerHost;
	/** Nobody is at the machine. */
	isFree(): boolean;
}

/** Starts the board anew, but not under anybody's hands. */
export class CalmRestart {
	readonly #options: CalmRestartOptions;
	#timer: TimerHandle | undefined;

	constructor(options: CalmRestartOptions) {
		this.#options = options;
	}

	/** As soon as nobody has been at the machine for two seconds. A second call does nothing. */
	request(): void {
		if (this.#timer === undefined) this.#wait(this.#options.isFree() ? LEAVE_MS : BUSY_POLL_MS);
	}

	/** A second call does nothing. */
	close(): void {
		if (this.#timer !== undefined) this.#options.host.timer.clear(this.#timer);
		this.#timer = undefined;
	}

	#wait(milliseconds: number): void {
		const { host, isFree } = this.#options;
		const wasFree = isFree();
		this.#timer = host.timer.set(() => {
			this.#timer = undefined;
			if (!isFree()) this.#wait(BUSY_POLL_MS);
			else if (!wasFree) this.#wait(LEAVE_MS);
			else host.restart();
		}, milliseconds);
	}
}
