import { type Claims, type EnvelopeKey, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial } from "@visionvend/sdk/device/io/serial";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import type { ConfiguredKey, ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { ControllerHost } from "../controller-host.ts";

/** Messages that wait here, beside the one that the link has. */
const LONGEST_OUTBOX = 16;

export interface OutgoingMessage {
	readonly topic: string;
	/** Made when the message leaves, not before: a hello that waited would carry a nonce that is old. */
	body(): unknown;
	/** For a message that may leave again after a power cut. Otherwise start and sequence number name the message. */
	readonly identity?: { readonly jti: string; readonly seq: number };
	/** May be left away when too much waits. */
	readonly droppable: boolean;
	/** The other side has it safe. */
	onDelivered?(): void;
}

export interface PiLinkOptions {
	readonly host: ControllerHost;
	readonly configuration: ControllerConfiguration;
	/** Number of this start of the controller. */
	readonly boot: number;
	/** Topics of commands that the controller takes; the cloud alone can seal them. */
	readonly accepted: readonly string[];
	/** A command whose seal, sender, addressee and topic are right. Its body is still unknown. */
	onCommand(claims: Claims): void;
	/** Something came that is not acted on. */
	onRejected(topic: string, reason: string): void;
	onPeer(connected: boolean): void;
}

/** The wire to the Raspberry Pi, which carries sealed envelopes to the cloud and back and can neither read keys nor seal. */
export class PiLink {
	readonly #options: PiLinkOptions;
	readonly #endpoint: LinkEndpoint;
	readonly #serial: Serial;
	readonly #receiveKey: EnvelopeKey;
	readonly #sendKey: EnvelopeKey;
	readonly #name: string;
	readonly #outbox: OutgoingMessage[] = [];
	#sending = false;
	#pumping = false;
	#closed = false;
	#sequence = 0;

	constructor(options: PiLinkOptions) {
		const { host, configuration } = options;
		const { machineId, keys, pins, linkBaud } = configuration;
		this.#options = options;
		this.#receiveKey = decodeKey(keys.receive);
		this.#sendKey = decodeKey(keys.send);
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
			onPeer: (connected) => options.onPeer(connected),
		});
	}

	/** Queues a message. When too many wait, the oldest droppable one goes; one that is not droppable never does. */
	send(message: OutgoingMessage): void {
		if (this.#outbox.length >= LONGEST_OUTBOX) {
			const oldest = this.#outbox.findIndex((waiting) => waiting.droppable);
			if (oldest >= 0) this.#outbox.splice(oldest, 1);
			else if (message.droppable) return;
		}
		this.#outbox.push(message);
		this.#pumpSoon();
	}

	close(): void {
		this.#closed = true;
		this.#endpoint.close();
		this.#serial.close();
	}

	#pump(): void {
		const message = this.#outbox.shift();
		if (message === undefined) return;
		this.#sending = true;
		const { topic } = message;
		this.#sequence += 1;
		const envelope = seal(this.#sendKey, {
			iss: this.#name,
			aud: "cloud",
			jti: message.identity?.jti ?? `${this.#options.boot}-${this.#sequence}`,
			seq: message.identity?.seq ?? this.#sequence,
			topic,
			body: message.body(),
		});
		this.#endpoint.send(encodeLinkMessage(topic, envelope), () => {
			this.#sending = false;
			message.onDelivered?.();
			this.#pumpSoon();
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

function decodeKey(configured: ConfiguredKey): EnvelopeKey {
	const key = decodeBase64url(configured.key);
	if (key === undefined) {
		throw new RangeError(
			`The key ${configured.kid} in the configuration is not base64url. Provision the machine anew.`,
		);
	}
	return { kid: configured.kid, key };
}
