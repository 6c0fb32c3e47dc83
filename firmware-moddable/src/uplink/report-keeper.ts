import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ControllerHost } from "../controller-host.ts";
import type { OutgoingMessage } from "./uplink.ts";

/** A broker may lose what it took over, and the cloud may be away for long. */
const REPEAT_MS = 60_000;

interface Kept {
	readonly message: OutgoingMessage;
	readonly sentAtMs: number;
}

/** Reports that a broker has, and of which the cloud has not said yet that they are stored. */
export class ReportKeeper {
	readonly #host: ControllerHost;
	readonly #sendAgain: (message: OutgoingMessage) => void;
	#kept: Kept[] = [];
	#timer: TimerHandle | undefined;

	constructor(host: ControllerHost, sendAgain: (message: OutgoingMessage) => void) {
		this.#host = host;
		this.#sendAgain = sendAgain;
	}

	keep(message: OutgoingMessage): void {
		this.#kept.push({ message, sentAtMs: this.#host.ticks() });
		this.#timer ??= this.#host.timer.repeat(() => this.#sendOld(REPEAT_MS), REPEAT_MS / 4);
	}

	/** Takes out the report of this name. */
	take(jti: string): OutgoingMessage | undefined {
		const index = this.#kept.findIndex(({ message }) => message.identity?.jti === jti);
		const message = index < 0 ? undefined : this.#kept.splice(index, 1)[0]?.message;
		this.#restIfEmpty();
		return message;
	}

	sendAll(): void {
		this.#sendOld(0);
	}

	close(): void {
		this.#kept = [];
		this.#restIfEmpty();
	}

	#sendOld(ageMs: number): void {
		const now = this.#host.ticks();
		const old = this.#kept.filter(({ sentAtMs }) => now - sentAtMs >= ageMs);
		if (old.length === 0) return;
		this.#kept = this.#kept.filter(({ sentAtMs }) => now - sentAtMs < ageMs);
		for (const { message } of old) this.#sendAgain(message);
		this.#restIfEmpty();
	}

	#restIfEmpty(): void {
		if (this.#kept.length > 0 || this.#timer === undefined) return;
		this.#host.timer.clear(this.#timer);
		this.#timer = undefined;
	}
}
