import { MAXIMUM_MESSAGE_BYTES } from "@visionvend/sdk/device/link/frame";
import type { ControllerLink } from "../link/controller-link.ts";
import type { ServiceContext } from "../service-context.ts";

// RFC 7515 section 7.1. The seal inside is the controller's to check: the Pi has no key of it.
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Carries the cloud's commands to the controller, verbatim. Everything else on the command topics stays here. */
export class CommandRelay {
	readonly #context: ServiceContext;
	readonly #link: ControllerLink;
	readonly #relayed: ReadonlyMap<string, string>;

	constructor(context: ServiceContext, link: ControllerLink) {
		this.#context = context;
		this.#link = link;
		const { topics } = context;
		this.#relayed = new Map([
			[topics.helloRequest, "hello"],
			[topics.unlock, "unlock"],
			[topics.dispense, "dispense"],
			[topics.receipt, "receipt"],
			[topics.remoteCommand, "remote"],
			[topics.configurationUpdate, "configuration"],
			[topics.firmware, "firmware"],
			[topics.firmwareChunk, "firmware-chunk"],
		]);
	}

	receive(topic: string, envelope: string): void {
		const { tell, closed } = this.#context;
		if (closed()) return;
		const command = this.#relayed.get(topic);
		const refusal = command === undefined ? "unknown-topic" : refusalOf(topic, envelope);
		if (refusal !== undefined) {
			tell("warn", "message.rejected", { topic, reason: refusal });
			return;
		}
		this.#link.send(topic, envelope);
		tell("info", "command.relayed", { command });
	}
}

function refusalOf(topic: string, envelope: string): string | undefined {
	// One byte stands before the topic and says its length.
	if (1 + topic.length + envelope.length > MAXIMUM_MESSAGE_BYTES) return "too-long";
	return compactForm.test(envelope) ? undefined : "malformed";
}
