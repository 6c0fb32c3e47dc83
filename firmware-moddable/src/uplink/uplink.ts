import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import { openLteUplink } from "./lte-mqtt.ts";
import { PiLink } from "./pi-link.ts";
import { openWiFiUplink } from "./wifi-mqtt.ts";

export interface OutgoingMessage {
	readonly topic: string;
	/** Made when the message leaves, not before: a hello that waited would carry a nonce that is old. */
	body(): unknown;
	/** For a message that may leave again after a power cut. Otherwise start and sequence number name the message. */
	readonly identity?: { readonly jti: string; readonly seq: number };
	/** For the pi alone, which can check no seal: it goes over the wire as it is, and nowhere else. */
	readonly isPlain?: true;
	/** May be left away when too much waits: news that grow old, and answers to what may be a copy. */
	readonly droppable: boolean;
	/**
	 * The other side has it safe. Over MQTT the broker's word is enough, except for a report: that one is delivered when
	 * the cloud acknowledges its `jti`, and until then it is sent again after each reconnect and every minute.
	 */
	onDelivered?(): void;
}

export interface UplinkOptions {
	readonly host: ControllerHost;
	readonly configuration: ControllerConfiguration;
	/** Number of this start of the controller. */
	readonly boot: number;
	/** Topics of commands that the controller takes; the cloud alone can seal them. Acknowledgements are not among them. */
	readonly accepted: readonly string[];
	/** A command whose seal, sender, addressee and topic are right. Its body is still unknown. */
	onCommand(claims: Claims): void;
	/** Something came that is not acted on. */
	onRejected(topic: string, reason: string): void;
	/** Whoever carries the envelopes answers, or has stopped to. It proves nothing about the cloud: a command does. */
	onPeer(connected: boolean): void;
}

/** How the controller reaches the cloud. Callbacks never run inside the constructor or a method. */
export interface Uplink {
	readonly connected: boolean;
	/** dBm of the radio that carries it. */
	readonly signalDbm: number | undefined;
	/** Queues a message. When too many wait, the oldest droppable one goes; of the others 32 are kept, reports longest. */
	send(message: OutgoingMessage): void;
	/** A second call does nothing. */
	close(): void;
}

/**
 * Opens the way to the cloud that the configuration names in `uplink.via`. Throws a `RangeError` where `uplinkProblem`
 * has something to say.
 */
export function openUplink(options: UplinkOptions): Uplink {
	switch (options.configuration.uplink.via) {
		case "pi":
			return new PiLink(options);
		case "wifi":
			return openWiFiUplink(options);
		case "lte":
			return openLteUplink(options);
	}
}
