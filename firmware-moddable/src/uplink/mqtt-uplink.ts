import {
	type EnvelopeKey,
	MAXIMUM_TOKEN_CHARACTERS,
	open,
	partyName,
	seal,
} from "@visionvend/sdk/device/envelope/envelope";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { MQTT, MQTTConstructor, MQTTEnd } from "@visionvend/sdk/device/io/mqtt";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ConfiguredUplink } from "@visionvend/sdk/device/messages";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";
import { isAcknowledgementBody } from "@visionvend/sdk/device/validators.generated";
import { decodeEnvelopeKey } from "./envelope-key.ts";
import { Outbox } from "./outbox.ts";
import { ReportKeeper } from "./report-keeper.ts";
import type { OutgoingMessage, Uplink, UplinkOptions } from "./uplink.ts";

/** Longest wait before the first new attempt; it doubles with each attempt that fails. */
const FIRST_BACKOFF_MS = 1_000;
/** 128 s, as the device SDKs of AWS IoT have it. */
const MOST_DOUBLINGS = 7;
/** A session that lasts this long has worked: the next one begins with the short wait. */
const STEADY_MS = 20_000;
/** A broker that has not taken over a message by then has gone, whatever the network says. */
const ACKNOWLEDGE_MS = 30_000;
/** Messages that came in and were not looked at yet. A flood is cut off here: chunks are what a device has least of. */
const MOST_ARRIVED = 6;

export interface MqttUplinkOptions extends UplinkOptions {
	/** One attempt at one session. */
	readonly MQTT: MQTTConstructor;
	readonly broker: NonNullable<ConfiguredUplink["broker"]>;
	/** dBm of the radio that carries the sessions. */
	signalDbm(): number | undefined;
	/** Lets go of what the sessions are made of. */
	onClose(): void;
}

interface InFlight {
	readonly message: OutgoingMessage;
	readonly identifier: number;
	/** The cloud was faster than the broker. */
	delivered: boolean;
}

/** Sealed envelopes over a broker that is believed nothing: one session after the other, with growing waits between them. */
export class MqttUplink implements Uplink {
	readonly #options: MqttUplinkOptions;
	readonly #receiveKey: EnvelopeKey;
	readonly #sendKey: EnvelopeKey;
	readonly #name: string;
	readonly #reportTopic: string;
	readonly #acknowledgementTopic: string;
	readonly #outbox = new Outbox();
	readonly #reports: ReportKeeper;
	readonly #arrived: { readonly topic: string; readonly payload: Uint8Array }[] = [];
	#session: MQTT | undefined;
	#connected = false;
	#connectedAtMs = 0;
	#doublings = 0;
	#inFlight: InFlight | undefined;
	/** Ends the wait for the next attempt, or for the broker's word. */
	#retry: TimerHandle | undefined;
	#guard: TimerHandle | undefined;
	#pumping = false;
	#closed = false;
	#sequence = 0;

	constructor(options: MqttUplinkOptions) {
		const { host, configuration } = options;
		const { machineId, keys } = configuration;
		this.#options = options;
		this.#receiveKey = decodeEnvelopeKey(keys.receive);
		this.#sendKey = decodeEnvelopeKey(keys.send);
		this.#name = partyName(machineId, "controller");
		const { saleReport, acknowledgement } = topics(machineId);
		this.#reportTopic = saleReport;
		this.#acknowledgementTopic = acknowledgement;
		this.#reports = new ReportKeeper(host, (message) => {
			this.#outbox.add(message);
			this.#pumpSoon();
		});
		// The first attempt, too: after a power cut in the street a thousand machines start in the same second.
		this.#connectLater();
	}

	get connected(): boolean {
		return this.#connected;
	}

	get signalDbm(): number | undefined {
		return this.#closed ? undefined : this.#options.signalDbm();
	}

	send(message: OutgoingMessage): void {
		this.#outbox.add(message);
		this.#pumpSoon();
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#clearGuard();
		if (this.#retry !== undefined) this.#options.host.timer.clear(this.#retry);
		this.#reports.close();
		this.#session?.close();
		this.#options.onClose();
	}

	// Sessions

	/** Full jitter: anything from nothing to the whole wait, so that machines that lost one broker do not come back at once. */
	#connectLater(): void {
		const { host } = this.#options;
		const [high = 0, low = 0] = host.random(2);
		const longest = FIRST_BACKOFF_MS * 2 ** this.#doublings;
		this.#doublings = Math.min(this.#doublings + 1, MOST_DOUBLINGS);
		this.#retry = host.timer.set(
			() => {
				this.#retry = undefined;
				this.#connect();
			},
			Math.round((longest * (256 * high + low)) / 65_535),
		);
	}

	#connect(): void {
		const { MQTT, broker, accepted, host } = this.#options;
		try {
			this.#session = new MQTT({
				host: broker.host,
				port: broker.port,
				tls: broker.tls,
				user: broker.user,
				password: broker.password,
				// Brokers are told to take no other: a stolen password then cannot push this machine out from elsewhere.
				clientId: broker.user,
				subscriptions: [...accepted, this.#acknowledgementTopic],
				onConnected: () => this.#up(),
				onMessage: (topic, payload) => this.#arrive(topic, payload),
				onAcknowledged: (identifier) => this.#acknowledged(identifier),
				onEnded: (why) => this.#down(why),
			});
		} catch (error) {
			// Options that the network does not like end nothing but this attempt: the door goes on working.
			if (!(error instanceof Error)) throw error;
			host.log("uplink.failed", { message: error.message });
			this.#connectLater();
		}
	}

	#up(): void {
		const { host, onPeer } = this.#options;
		this.#connected = true;
		this.#connectedAtMs = host.ticks();
		host.log("uplink.connected", {});
		onPeer(true);
		this.#reports.sendAll();
		this.#pumpSoon();
	}

	#down(why: MQTTEnd): void {
		const { host, onPeer } = this.#options;
		const wasConnected = this.#connected;
		host.log("uplink.ended", { why });
		this.#session = undefined;
		this.#connected = false;
		this.#clearGuard();
		const inFlight = this.#inFlight;
		this.#inFlight = undefined;
		if (inFlight !== undefined && !inFlight.delivered) this.#outbox.putBack(inFlight.message);
		if (wasConnected && host.ticks() - this.#connectedAtMs >= STEADY_MS) this.#doublings = 0;
		this.#connectLater();
		if (wasConnected) onPeer(false);
	}

	/** Ends a session that says nothing any more. */
	#abandon(): void {
		this.#session?.close();
		this.#down("timeout");
	}

	// What goes out

	#pump(): void {
		if (!this.#connected || this.#session === undefined || this.#inFlight !== undefined) return;
		const message = this.#outbox.take();
		if (message === undefined) return;
		const { host, boot } = this.#options;
		this.#sequence += 1;
		const envelope = seal(this.#sendKey, {
			iss: this.#name,
			aud: "cloud",
			jti: message.identity?.jti ?? `${boot}-${this.#sequence}`,
			seq: message.identity?.seq ?? this.#sequence,
			topic: message.topic,
			body: message.body(),
		});
		try {
			const identifier = this.#session.publish(message.topic, encodeUtf8(envelope));
			this.#inFlight = { message, identifier, delivered: false };
			this.#guard = host.timer.set(() => {
				this.#guard = undefined;
				this.#abandon();
			}, ACKNOWLEDGE_MS);
		} catch (error) {
			this.#refused(message, error);
		}
	}

	#refused(message: OutgoingMessage, error: unknown): void {
		if (!isHardwareError(error)) throw error;
		if (error.kind === "range") {
			// It would never go, and nothing behind it either.
			this.#options.host.log("uplink.failed", { message: `${message.topic}: ${error.message}` });
			this.#pumpSoon();
			return;
		}
		this.#outbox.putBack(message);
		this.#abandon();
	}

	#acknowledged(identifier: number): void {
		const inFlight = this.#inFlight;
		if (inFlight === undefined || inFlight.identifier !== identifier) return;
		this.#inFlight = undefined;
		this.#clearGuard();
		const { message } = inFlight;
		if (!inFlight.delivered) {
			if (message.topic === this.#reportTopic && message.identity !== undefined) this.#reports.keep(message);
			else message.onDelivered?.();
		}
		this.#pumpSoon();
	}

	#pumpSoon(): void {
		if (this.#pumping || !this.#connected || this.#inFlight !== undefined || this.#outbox.isEmpty) return;
		this.#pumping = true;
		this.#soon(() => {
			this.#pumping = false;
			this.#pump();
		});
	}

	// What comes in

	#arrive(topic: string, payload: Uint8Array): void {
		if (payload.length > MAXIMUM_TOKEN_CHARACTERS) {
			this.#options.onRejected(topic, "too-long");
		} else if (this.#arrived.length >= MOST_ARRIVED) {
			this.#options.onRejected(topic, "flood");
		} else {
			this.#arrived.push({ topic, payload });
			this.#soon(() => this.#receive());
		}
	}

	#receive(): void {
		const { accepted, onCommand, onRejected } = this.#options;
		const arrived = this.#arrived.shift();
		if (arrived === undefined) return;
		const { topic, payload } = arrived;
		if (topic !== this.#acknowledgementTopic && !accepted.includes(topic)) {
			onRejected(topic, "unknown-topic");
			return;
		}
		const opened = open(this.#receiveKey, { iss: "cloud", aud: this.#name, topic }, decodeUtf8(payload));
		if (!opened.ok) onRejected(topic, opened.refusal);
		else if (topic !== this.#acknowledgementTopic) onCommand(opened.claims);
		else if (isAcknowledgementBody(opened.claims.body)) this.#stored(opened.claims.body.reportId);
		else onRejected(topic, "bad-body");
	}

	/** The cloud has this report for good, wherever it is here. */
	#stored(reportId: string): void {
		let message = this.#reports.take(reportId) ?? this.#outbox.takeNamed(reportId);
		const inFlight = this.#inFlight;
		if (message === undefined && inFlight?.message.identity?.jti === reportId && !inFlight.delivered) {
			inFlight.delivered = true;
			message = inFlight.message;
		}
		// A report that was sent twice is acknowledged twice: the second time there is nothing left to do.
		message?.onDelivered?.();
	}

	#clearGuard(): void {
		if (this.#guard !== undefined) this.#options.host.timer.clear(this.#guard);
		this.#guard = undefined;
	}

	/** On a stack of its own: a device has 512 slots of stack, and sealing inside of receiving takes most of them. */
	#soon(task: () => void): void {
		this.#options.host.timer.set(() => {
			if (!this.#closed) task();
		}, 0);
	}
}

/** Also one that a driver made by its shape: drivers import nothing at run time. */
function isHardwareError(error: unknown): error is HardwareError {
	return (
		error instanceof HardwareError || (error instanceof Error && error.name === "HardwareError" && "kind" in error)
	);
}
