import { randomId } from "@visionvend/sdk/random";
import { sealForCloud } from "../seal-for-cloud.ts";
import type { ServiceContext } from "../service-context.ts";
import type { LogBuffer } from "./log-buffer.ts";

/** A message with what has come together meanwhile; never more often. */
const everyMs = 10_000;

/**
 * Sends lines of the log to the cloud, a message every ten seconds while there are any. What the broker did not take goes
 * again, under the same numbers. Of its own failures it says nothing: each would be a line, and the next failure.
 */
export class LogSender {
	readonly #context: ServiceContext;
	readonly #buffer: LogBuffer;
	readonly #life: string;
	#sequence = 0;
	#cancelTimer: (() => void) | undefined;

	constructor(context: ServiceContext, buffer: LogBuffer) {
		this.#context = context;
		this.#buffer = buffer;
		this.#life = randomId(context.random);
		buffer.onLine = () => this.#sendLater();
		this.#sendLater();
	}

	close(): void {
		this.#buffer.onLine = () => undefined;
		this.#cancelTimer?.();
	}

	#sendLater(): void {
		if (this.#cancelTimer !== undefined || this.#buffer.oldest().length === 0) return;
		this.#cancelTimer = this.#context.clock.after(everyMs, () => {
			this.#cancelTimer = undefined;
			this.#context.tracker.run(
				() => this.#send(),
				() => this.#sendLater(),
			);
		});
	}

	async #send(): Promise<void> {
		const { broker, closed, topics } = this.#context;
		const entries = this.#buffer.oldest();
		const last = entries.at(-1);
		if (closed() || last === undefined) return;
		if (!broker.connected) {
			this.#sendLater();
			return;
		}
		this.#sequence += 1;
		const token = await sealForCloud(this.#context, {
			topic: topics.logs,
			seq: this.#sequence,
			body: { life: this.#life, entries },
		});
		// Not awaited: the broker's answer takes time, and a task of the tracker must end while the clock stands.
		broker.publish(topics.logs, token).then(
			() => {
				this.#buffer.forget(last.seq);
				if (!closed()) this.#sendLater();
			},
			() => {
				if (!closed()) this.#sendLater();
			},
		);
	}
}
