import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { CommandBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import type { Freshness } from "./freshness.ts";
import type { Machine, Order } from "./machine.ts";
import type { OutgoingMessage } from "./uplink/uplink.ts";

export interface OrdersOptions {
	readonly host: ControllerHost;
	readonly machine: Machine;
	readonly freshness: Freshness;
	/** Topic of what became of an order. */
	readonly topic: string;
	/** What stands against any sale now, beside what the machine knows itself: `low-battery`; "" when nothing does. */
	obstacle(): string;
	/** A sale may begin, in this language. */
	onOrder(order: Order): void;
	onRejected(topic: string, reason: string): void;
	send(message: OutgoingMessage): void;
}

/** Of these only the window of the hello tells the truth when the counter was consumed before. */
const SAID_OF_COPIES: readonly string[] = Object.freeze([
	"stale-nonce",
	"counter-used",
	"low-battery",
	"too-many-slots",
]);

/** What the cloud orders, and the answers to it: an unlock or a dispense command, once. */
export class Orders {
	readonly #options: OrdersOptions;

	constructor(options: OrdersOptions) {
		this.#options = options;
	}

	take({ topic, nonce, body }: Claims): void {
		const { machine, freshness, onRejected, onOrder } = this.#options;
		const order = machine.readOrder(body);
		if (order === undefined) {
			onRejected(topic, "bad-body");
			return;
		}
		if (!freshness.use(nonce, "order")) {
			onRejected(topic, "stale-nonce");
			this.refused(order.saleId, order.counter, "stale-nonce");
			return;
		}
		const obstacle = order.obstacle === "" ? this.#options.obstacle() : order.obstacle;
		if (obstacle === "") {
			onOrder(order);
			order.begin();
		} else {
			this.#options.host.log("order.refused", { saleId: order.saleId, counter: order.counter, reason: obstacle });
			this.refused(order.saleId, order.counter, obstacle);
		}
	}

	executed(saleId: string, counter: number): void {
		this.#answer({ saleId, counter, result: "executed", reason: "" }, false);
	}

	refused(saleId: string, counter: number, reason: string): void {
		// This copy of the order came to nothing, another one may have opened the door.
		const maybeCopy = SAID_OF_COPIES.includes(reason);
		const isCopy = maybeCopy && counter <= this.#options.machine.record.counter;
		// Copies may come as often as somebody likes: what they are told must not fill the memory.
		if (!isCopy) this.#answer({ saleId, counter, result: "refused", reason }, maybeCopy);
	}

	#answer(body: CommandBody, droppable: boolean): void {
		const { topic, send } = this.#options;
		send({ topic, droppable, body: () => body });
	}
}
