import type { OutgoingMessage } from "./uplink.ts";

/** Messages that wait here, beside those that are on their way. */
const LONGEST_OUTBOX = 16;

/** What waits to be sent, oldest first. */
export class Outbox {
	readonly #waiting: OutgoingMessage[] = [];

	get isEmpty(): boolean {
		return this.#waiting.length === 0;
	}

	/** When too many wait, the oldest droppable one goes; one that is not droppable never does. */
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
		if (this.#waiting.length < LONGEST_OUTBOX) return true;
		const oldest = this.#waiting.findIndex((waiting) => waiting.droppable);
		if (oldest >= 0) this.#waiting.splice(oldest, 1);
		return oldest >= 0 || !message.droppable;
	}
}
