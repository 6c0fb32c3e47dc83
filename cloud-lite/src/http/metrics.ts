import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Usage } from "../alarms/service-watches.ts";
import type { Sale } from "../sales/sale.ts";
import type { BusinessFigures, MachineFigures } from "./business-figures.ts";

/** What is told of each machine: the last word of the metric's name, what it is, and the figure. */
const machineFigures: readonly [name: string, help: string, figure: (of: MachineFigures) => number | null][] = [
	["last_seen_timestamp_seconds", "When a machine was heard last", ({ lastSeenAtMs }) => lastSeenAtMs / 1_000],
	["uptime_seconds", "How long its controller had run then", ({ uptimeMs }) => scaled(uptimeMs, 1_000)],
	["temperature_celsius", "How warm it was inside", (of) => scaled(of.temperatureCentidegrees, 100)],
	["supply_volts", "What its supply gave", (of) => scaled(of.supplyMillivolts, 1_000)],
	["signal_dbm", "How strong its mobile network was", ({ signalDbm }) => signalDbm],
	["memory_free_bytes", "What its controller had left", ({ memoryFreeBytes }) => memoryFreeBytes],
];

function scaled(value: number | null, by: number): number | null {
	return value === null ? null : value / by;
}

/** What is the owner's alone. */
const business = [
	...machineFigures.map(([name]) => `visionvend_machine_${name}`),
	"visionvend_sales_ended_total",
	"visionvend_orders_last_day",
	"visionvend_revenue_cents_last_day",
	"visionvend_stock_units",
];

/** What the service counts about itself. A registry of its own: two clouds in one process do not mix. */
export class Metrics {
	readonly registry = new Registry();
	readonly #requests: Counter<"method" | "route" | "status">;
	readonly #refresh: () => Promise<void>;
	readonly #durations: Histogram<"method" | "route">;
	readonly #sales: Counter<"state" | "cause">;
	readonly #rejected: Counter<"reason">;
	readonly #payments: Counter<"operation" | "outcome">;
	readonly #webhooks: Counter<"outcome">;
	readonly #dead: Counter<"kind">;

	constructor(gauges: {
		readonly pendingEffects: () => Promise<number>;
		readonly brokerConnected: () => boolean;
		readonly business: () => Promise<BusinessFigures>;
		/** Of this host; nothing where it is not watched. */
		readonly usages: () => Promise<readonly Usage[]>;
	}) {
		const registers = [this.registry];
		this.#requests = new Counter({
			name: "visionvend_http_requests_total",
			help: "HTTP requests answered",
			labelNames: ["method", "route", "status"],
			registers,
		});
		this.#durations = new Histogram({
			name: "visionvend_http_request_seconds",
			help: "How long answers took",
			labelNames: ["method", "route"],
			buckets: [0.005, 0.025, 0.1, 0.5, 2, 10],
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
		const devices = new Gauge({
			name: "visionvend_devices",
			help: "Devices by status",
			labelNames: ["status"],
			registers,
		});
		const alarms = new Gauge({
			name: "visionvend_alarms_open",
			help: "Alarms of machines and of the service that are not resolved",
			labelNames: ["rule", "severity"],
			registers,
		});
		const host = new Gauge({
			name: "visionvend_host_used_ratio",
			help: "How much of this host's memory and disk is used, 0 to 1",
			labelNames: ["resource"],
			registers,
		});
		const commands = new Gauge({
			name: "visionvend_commands_pending",
			help: "Remote commands that have not ended",
			registers,
		});
		const orders = new Gauge({
			name: "visionvend_orders_last_day",
			help: "Sales that were paid in the last 24 hours",
			registers,
		});
		const revenue = new Gauge({
			name: "visionvend_revenue_cents_last_day",
			help: "What they brought, in the smallest unit",
			labelNames: ["currency"],
			registers,
		});
		const stock = new Gauge({ name: "visionvend_stock_units", help: "Units in machines and stores", registers });
		const ofMachines = machineFigures.map(([name, help, figure]) => ({
			gauge: new Gauge({ name: `visionvend_machine_${name}`, help, labelNames: ["machine"], registers }),
			figure,
		}));
		this.#refresh = async () => {
			const figures = await gauges.business();
			stock.set(figures.stockUnits);
			commands.set(figures.pendingCommands);
			orders.set(figures.ordersLastDay);
			devices.reset();
			for (const { status, count } of figures.devices) devices.set({ status }, count);
			alarms.reset();
			for (const { rule, severity, count } of figures.alarms) alarms.set({ rule, severity }, count);
			for (const { resource, used, total } of await gauges.usages()) host.set({ resource }, used / total);
			revenue.reset();
			for (const { currency, cents } of figures.revenueLastDay) revenue.set({ currency }, cents);
			for (const { gauge, figure } of ofMachines) {
				gauge.reset();
				for (const machine of figures.machines) {
					const value = figure(machine);
					if (value !== null) gauge.set({ machine: machine.id }, value);
				}
			}
		};
	}

	/** Everything as it is now, in Prometheus' text form, with what the owner earns and has or without. */
	async text({ withBusiness }: { readonly withBusiness: boolean }): Promise<string> {
		await this.#refresh();
		if (withBusiness) return this.registry.metrics();
		const told = this.registry.getMetricsAsArray().filter(({ name }) => !business.includes(name));
		const texts = await Promise.all(told.map(({ name }) => this.registry.getSingleMetricAsString(name)));
		return `${texts.join("\n\n")}\n`;
	}

	/** `seconds`: how long the answer took. */
	requestAnswered(method: string, route: string, status: number, seconds: number): void {
		this.#requests.inc({ method, route, status });
		this.#durations.observe({ method, route }, seconds);
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
