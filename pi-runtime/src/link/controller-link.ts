import type { Clock } from "@visionvend/sdk/clock";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import type { Random } from "@visionvend/sdk/random";
import { clockTimer } from "./clock-timer.ts";
import type { SerialPortLike } from "./serial-port.ts";

/** A message of the controller. It sends the next one after `takeCustody`, and this one again until then. */
export type OnControllerMessage = (topic: string, envelope: string, takeCustody: () => void) => void;

/** Messages for the controller that wait at most. The oldest gives way: a command is worth most when it is young. */
const maximumWaiting = 16;

/** A controller that has nothing to say is asked so often whether it is still there. */
const probeEveryMs = 10_000;

/** Messages to and from the controller over a wire that garbles, loses and repeats. */
export class ControllerLink {
	readonly #endpoint: LinkEndpoint;
	readonly #waiting: Uint8Array[] = [];
	readonly #onDropped: (reason: string) => void;
	readonly #clock: Clock;
	#cancelProbe: () => void;
	#sending = false;
	#up = false;
	#closed = false;

	constructor(options: {
		port: SerialPortLike;
		clock: Clock;
		random: Random;
		onMessage: OnControllerMessage;
		/** The controller answers, or no longer does. */
		onChange(up: boolean): void;
		/** A message was thrown away; `reason` is one word. */
		onDropped(reason: string): void;
	}) {
		const { port, clock, random, onMessage, onChange, onDropped } = options;
		this.#onDropped = onDropped;
		this.#clock = clock;
		this.#cancelProbe = this.#probeLater();
		const session = random(4);
		this.#endpoint = new LinkEndpoint({
			write: (bytes) => port.write(bytes),
			timer: clockTimer(clock),
			session: new DataView(session.buffer, session.byteOffset, 4).getUint32(0),
			onMessage: (message, acknowledge) => {
				const decoded = decodeLinkMessage(message);
				if (decoded === undefined) {
					// Acknowledged all the same: it would come again for ever and hold up what follows it.
					acknowledge();
					onDropped("malformed");
					return;
				}
				onMessage(decoded.topic, decoded.envelope, () => {
					if (!this.#closed) acknowledge();
				});
			},
			onPeer: (connected) => {
				this.#up = connected;
				onChange(connected);
			},
		});
		port.onData((bytes) => {
			if (!this.#closed) this.#endpoint.receive(bytes);
		});
	}

	/** Whether the controller answers. */
	get up(): boolean {
		return this.#up;
	}

	/** Messages that the controller has not acknowledged. */
	get pending(): number {
		return this.#waiting.length + (this.#sending ? 1 : 0);
	}

	get statistics(): LinkEndpoint["statistics"] {
		return this.#endpoint.statistics;
	}

	/** Sends as soon as what came before is acknowledged. The envelope goes out as it came in. */
	send(topic: string, envelope: string): void {
		if (this.#closed) return;
		this.#waiting.push(encodeLinkMessage(topic, envelope));
		if (this.#waiting.length > maximumWaiting) {
			this.#waiting.shift();
			this.#onDropped("queue-full");
		}
		this.#sendNext();
	}

	close(): void {
		this.#closed = true;
		this.#cancelProbe();
		this.#endpoint.close();
	}

	#probeLater(): () => void {
		return this.#clock.after(probeEveryMs, () => {
			this.#endpoint.probe();
			this.#cancelProbe = this.#probeLater();
		});
	}

	#sendNext(): void {
		if (this.#sending || this.#closed) return;
		const message = this.#waiting.shift();
		if (message === undefined) return;
		this.#sending = true;
		this.#endpoint.send(message, () => {
			this.#sending = false;
			this.#sendNext();
		});
	}
}
