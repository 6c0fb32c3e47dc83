import type { HelloBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import type { Freshness } from "./freshness.ts";
import type { Machine } from "./machine.ts";
import type { OutgoingMessage } from "./uplink/uplink.ts";

export interface GreetingOptions {
	readonly host: ControllerHost;
	readonly machine: Machine;
	readonly freshness: Freshness;
	/** Version of the configuration that it runs with. */
	readonly configuration: number;
	/** The version that runs. */
	readonly firmware: string;
	readonly topic: string;
	send(message: OutgoingMessage): void;
}

/** Says hello: who is here, and how an order must be made. */
export class Greeting {
	readonly #options: GreetingOptions;

	constructor(options: GreetingOptions) {
		this.#options = options;
	}

	/** `request`: the one that this answers, or "". */
	hello(request: string): void {
		const { machine, topic, send } = this.#options;
		// With an unreadable store the counters are unknown, and a wrong one would prove that a sale never happened.
		if (machine.failed) return;
		send({ topic, droppable: true, body: () => this.#body(request) });
	}

	#body(request: string): HelloBody {
		const { host, machine, freshness, configuration, firmware } = this.#options;
		const { boot, counter, executed, phase } = machine.record;
		host.log("hello.sent", { request, counter, phase });
		return {
			request,
			boot,
			nonce: freshness.issue(),
			counter,
			executed,
			phase,
			firmware,
			resetReason: host.resetReason,
			kind: machine.kind,
			configuration,
		};
	}
}
