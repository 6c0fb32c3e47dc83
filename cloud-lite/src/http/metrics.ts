import { Counter, Gauge, Registry } from "prom-client";
import type { Sale } from "../sales/sale.ts";

/** What the service counts about itself. A registry of its own: two clouds in one process do not mix. */
export class Metrics {
	readonly registry = new Registry();
	readonly #requests: Counter<"method" | "route" | "status">;
	readonly #sales: Counter<"state" | "cause">;
	readonly #rejected: Counter<"reason">;
	readonly #payments: Counter<"operation" | "outcome">;
	readonly #webhooks: Counter<"outcome">;
	readonly #dead: Counter<"kind">;

	constructor(gauges: { readonly pendingEffects: () => Promise<number>; readonly brokerConnected: () => boolean }) {
		const registers = [this.registry];
		this.#requests = new Counter({
			name: "visionvend_http_requests_total",
			help: "HTTP requests answered",
			labelNames: ["method", "route", "status"],
			registers,
		});
		this.#sales = new Counter({
			name: "visionvend_sales_ended_total",
			help: "Sales that reached captured, cancelled or review",
			labelNames: ["state", "cause"],
			registers,
		});
		this.#rejected = new Counter({
			name: "visionvend_messages_rejected_total",
			help: "Messages from machines that were not believed",
			labelNames: ["reason"],
			registers,
		});
		this.#payments = new Counter({
			name: "visionvend_payment_calls_total",
			help: "Calls to the payment provider",
			labelNames: ["operation", "outcome"],
			registers,
		});
		this.#webhooks = new Counter({
			name: "visionvend_webhooks_total",
			help: "Events from the payment provider",
			labelNames: ["outcome"],
			registers,
		});
		this.#dead = new Counter({
			name: "visionvend_outbox_dead_total",
			help: "Effects that were given up",
			labelNames: ["kind"],
			registers,
		});
		new Gauge({
			name: "visionvend_outbox_pending",
			help: "Effects that wait to leave",
			registers,
			async collect() {
				this.set(await gauges.pendingEffects());
			},
		});
		new Gauge({
			name: "visionvend_broker_connected",
			help: "1 while the MQTT broker is reached",
			registers,
			collect() {
				this.set(gauges.brokerConnected() ? 1 : 0);
			},
		});
	}

	requestAnswered(method: string, route: string, status: number): void {
		this.#requests.inc({ method, route, status });
	}

	saleEnded(sale: Sale): void {
		this.#sales.inc({ state: sale.state, cause: sale.cause ?? "" });
	}

	messageRejected(reason: string): void {
		this.#rejected.inc({ reason });
	}

	paymentCalled(operation: string, outcome: string): void {
		this.#payments.inc({ operation, outcome });
	}

	webhook(outcome: "received" | "duplicate" | "refused"): void {
		this.#webhooks.inc({ outcome });
	}

	effectDied(kind: string): void {
		this.#dead.inc({ kind });
	}
}
