import { backoffMs } from "../backoff.ts";
import { errorText } from "../error-text.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredMessage } from "../store/store.ts";

/**
 * Carries the controller's status messages to the broker, verbatim and in order. Each is on the disk before the
 * controller hears that it arrived, and leaves the disk when the broker has it.
 */
export class StatusRelay {
	readonly #context: ServiceContext;
	/** Topic to its last part. */
	readonly #relayed: ReadonlyMap<string, string>;
	/** Messages that tell a state: a newer one makes an older one worthless. */
	readonly #states: ReadonlySet<string>;
	#publishing = false;
	/** Asked to publish while it was at it: a message may have come after it looked. */
	#again = false;
	#failures = 0;
	#cancelTimer: (() => void) | undefined;

	constructor(context: ServiceContext) {
		this.#context = context;
		const { hello, door, command, commandStatus, firmwareRequest, health } = context.topics;
		this.#relayed = new Map([
			[hello, "hello"],
			[door, "door"],
			[command, "command"],
			[commandStatus, "remote"],
			[firmwareRequest, "firmware"],
			[health, "health"],
		]);
		this.#states = new Set([hello, health, firmwareRequest]);
	}

	receive(topic: string, envelope: string, takeCustody: () => void): void {
		const { clock, retrier, store, tell } = this.#context;
		if (!this.#relayed.has(topic)) {
			tell("warn", "message.rejected", { topic, reason: "unknown-topic" });
			takeCustody();
			return;
		}
		const storedAtMs = clock.now();
		retrier.run("store a status message", async () => {
			const lost = await store.addMessage(topic, envelope, this.#states.has(topic), storedAtMs);
			takeCustody();
			if (lost > 0) tell("error", "status.dropped", { lost, reason: "too many wait for the broker" });
			this.publishAll();
		});
	}

	/** Publishes what waits, now: at the start, and when the broker is back. */
	publishAll(): void {
		const { broker, tracker, closed } = this.#context;
		if (closed() || !broker.connected) return;
		if (this.#publishing) {
			this.#again = true;
			return;
		}
		this.#cancelTimer?.();
		this.#publishing = true;
		tracker.run(
			() => this.#publishFirst(),
			(error) => this.#failed(error),
		);
	}

	close(): void {
		this.#cancelTimer?.();
	}

	async #publishFirst(): Promise<void> {
		const { broker, store, tracker } = this.#context;
		this.#again = false;
		const message = await store.firstMessage();
		if (message === undefined) {
			this.#publishing = false;
			if (this.#again) this.publishAll();
			return;
		}
		// Not awaited here: the broker's answer takes time, and a task of the tracker must end while the clock stands.
		broker.publish(message.topic, message.envelope).then(
			() =>
				tracker.run(
					() => this.#published(message),
					(error) => this.#failed(error),
				),
			(error: unknown) => this.#failed(error),
		);
	}

	async #published(message: StoredMessage): Promise<void> {
		const { store, tell, closed } = this.#context;
		if (closed()) return;
		await store.removeMessage(message.position);
		this.#failures = 0;
		tell("info", "status.relayed", { status: this.#relayed.get(message.topic) ?? message.topic });
		await this.#publishFirst();
	}

	#failed(error: unknown): void {
		const { broker, clock, tell, closed } = this.#context;
		if (closed()) return;
		this.#publishing = false;
		this.#failures += 1;
		tell("warn", "status.unsent", { error: errorText(error) });
		// While the connection is away, its return is what starts the next try.
		if (broker.connected) this.#cancelTimer = clock.after(backoffMs(this.#failures), () => this.publishAll());
	}
}
