import type { OutgoingMessage } from "./uplink.ts";

/** Messages that wait here, beside those that are on their way. */
const LONGEST_OUTBOX = 16;
/** When none of them is droppable. Whoever carries messages may refuse to for ever, and memory comes to an end. */
const LONGEST_UNDROPPABLE = 32;

/** What waits to be sent, oldest first. */
export class Outbox {
	readonly #waiting: OutgoingMessage[] = [];

	get isEmpty(): boolean {
		return this.#waiting.length === 0;
	}

	/**
	 * When 16 wait, the oldest droppable one goes. Where none is, 32 may wait: then the oldest goes that is no report, and
	 * a report for which even that makes no room is not taken. The store has what is left away, for the next start.
	 */
	add(message: OutgoingMessage): void {
		if (this.#makeRoom(message)) this.#waiting.push(message);
	}

	/** Before all others: it was on its way and did not arrive. */
	putBack(message: OutgoingMessage): void {
		if (this.#makeRoom(message)) this.#waiting.unshift(message);
	}

	take(): OutgoingMessage | undefined {
		return this.#waiting.shift();
	}

	/** Takes out the message whose identity is this one, wherever it stands. */
	takeNamed(jti: string): OutgoingMessage | undefined {
		const index = this.#waiting.findIndex((message) => message.identity?.jti === jti);
		return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
	}

	#makeRoom(message: OutgoingMessage): boolean {
		if (this.#waiting.length < LONGEST_OUTBOX || this.#drop(({ droppable }) => droppable)) return true;
		if (message.droppable) return false;
		return this.#waiting.length < LONGEST_UNDROPPABLE || this.#drop(({ identity }) => identity === undefined);
	}

	/** False when there is none. */
	#drop(isOne: (waiting: OutgoingMessage) => boolean): boolean {
		const oldest = this.#waiting.findIndex(isOne);
		if (oldest >= 0) this.#waiting.splice(oldest, 1);
		return oldest >= 0;
	}
}
