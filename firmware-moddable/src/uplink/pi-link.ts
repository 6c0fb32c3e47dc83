import { type EnvelopeKey, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial } from "@visionvend/sdk/device/io/serial";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { decodeEnvelopeKey } from "./envelope-key.ts";
import { Outbox } from "./outbox.ts";
import type { OutgoingMessage, Uplink, UplinkOptions } from "./uplink.ts";

/** The wire to the Raspberry Pi, which carries sealed envelopes to the cloud and back and can neither read keys nor seal. */
export class PiLink implements Uplink {
	readonly #options: UplinkOptions;
	readonly #endpoint: LinkEndpoint;
	readonly #serial: Serial;
	readonly #receiveKey: EnvelopeKey;
	readonly #sendKey: EnvelopeKey;
	readonly #name: string;
	readonly #outbox = new Outbox();
	#sending = false;
	#pumping = false;
	#closed = false;
	#connected = false;
	#sequence = 0;

	constructor(options: UplinkOptions) {
		const { host, configuration } = options;
		const { machineId, keys, pins, linkBaud } = configuration;
		this.#options = options;
		this.#receiveKey = decodeEnvelopeKey(keys.receive);
		this.#sendKey = decodeEnvelopeKey(keys.send);
		this.#name = partyName(machineId, "controller");
		const [a = 0, b = 0, c = 0, d = 0] = host.random(4);
		const session = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
		const serial = new host.io.Serial({
			receive: pins.linkReceive,
			transmit: pins.linkTransmit,
			baud: linkBaud,
			format: "buffer",
			onReadable: () => {
				const bytes = serial.read();
				if (bytes !== undefined) this.#endpoint.receive(new Uint8Array(bytes));
			},
		});
		this.#serial = serial;
		this.#endpoint = new LinkEndpoint({
			timer: host.timer,
			session,
			write: (bytes) => this.#write(bytes),
			onMessage: (message, acknowledge) => {
				this.#soon(() => {
					this.#receive(message);
					// Acted on or rejected: either way it is of no more use.
					acknowledge();
				});
			},
			onPeer: (connected) => {
				this.#connected = connected;
				options.onPeer(connected);
			},
		});
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** A wire has none. */
	get signalDbm(): undefined {
		return undefined;
	}

	send(message: OutgoingMessage): void {
		this.#outbox.add(message);
		this.#pumpSoon();
	}

	close(): void {
		this.#closed = true;
		this.#endpoint.close();
		this.#serial.close();
	}

	#pump(): void {
		const message = this.#outbox.take();
		if (message === undefined) return;
		this.#sending = true;
		const { topic } = message;
		const text = message.isPlain === true ? JSON.stringify(message.body()) : this.#seal(message);
		this.#endpoint.send(encodeLinkMessage(topic, text), () => {
			this.#sending = false;
			message.onDelivered?.();
			this.#pumpSoon();
		});
	}

	#seal(message: OutgoingMessage): string {
		this.#sequence += 1;
		return seal(this.#sendKey, {
			iss: this.#name,
			aud: "cloud",
			jti: message.identity?.jti ?? `${this.#options.boot}-${this.#sequence}`,
			seq: message.identity?.seq ?? this.#sequence,
			topic: message.topic,
			body: message.body(),
		});
	}

	#pumpSoon(): void {
		if (this.#sending || this.#pumping) return;
		this.#pumping = true;
		this.#soon(() => {
			this.#pumping = false;
			this.#pump();
		});
	}

	/** On a stack of its own: a device has 512 slots of stack, and sealing inside of receiving takes most of them. */
	#soon(task: () => void): void {
		this.#options.host.timer.set(() => {
			if (!this.#closed) task();
		}, 0);
	}

	#receive(bytes: Uint8Array): void {
		const { accepted, onCommand, onRejected } = this.#options;
		const message = decodeLinkMessage(bytes);
		if (message === undefined) {
			onRejected("", "malformed");
			return;
		}
		const { topic, envelope } = message;
		if (!accepted.includes(topic)) {
			onRejected(topic, "unknown-topic");
			return;
		}
		const opened = open(this.#receiveKey, { iss: "cloud", aud: this.#name, topic }, envelope);
		if (opened.ok) onCommand(opened.claims);
		else onRejected(topic, opened.refusal);
	}

	#write(bytes: Uint8Array): void {
		try {
			this.#serial.write(bytes);
		} catch (error) {
			// A full transmit buffer drops the frame: the link sends it again.
			if (!(error instanceof HardwareError) || error.kind !== "overrun") throw error;
		}
	}
}
