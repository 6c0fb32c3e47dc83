import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { Digital } from "@visionvend/sdk/device/io/digital";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ControllerConfiguration, DoorBody, HealthBody } from "@visionvend/sdk/device/messages";
import { type Topics, topics } from "@visionvend/sdk/device/topics";
import { isHelloRequestBody, isReceiptBody } from "@visionvend/sdk/device/validators.generated";
import type { ControllerHost } from "./controller-host.ts";
import { Dispenser } from "./dispenser.ts";
import { Feedback } from "./feedback.ts";
import { FoodGuard } from "./food/food-guard.ts";
import { Freshness } from "./freshness.ts";
import { Fridge } from "./fridge/fridge.ts";
import { Greeting } from "./greeting.ts";
import type { Machine, MachineEvents, MachinePhase, Report } from "./machine.ts";
import { Orders } from "./orders.ts";
import { Screen } from "./screen.ts";
import { openUplink, type Uplink } from "./uplink/uplink.ts";

const HEALTH_MS = 60_000;

/** The door controller: it lets the cloud, the machine and the people in front of it hear of each other. */
export class Controller implements MachineEvents {
	readonly #host: ControllerHost;
	readonly #topics: Topics;
	readonly #machine: Machine;
	readonly #piSignal: Digital;
	readonly #feedback: Feedback;
	readonly #screen: Screen;
	readonly #food: FoodGuard | undefined;
	readonly #uplink: Uplink;
	readonly #greeting: Greeting;
	readonly #orders: Orders;
	readonly #health: TimerHandle;
	#rejected = 0;
	#closed = false;

	/** Throws where a part cannot be had: a pin that is in use, or a configuration that lacks something. */
	constructor(host: ControllerHost, configuration: ControllerConfiguration) {
		const { Digital } = host.io;
		const { machineId, kind, pins, languages } = configuration;
		this.#host = host;
		this.#topics = topics(machineId);
		const machine: Machine =
			kind === "fridge" ? new Fridge(host, configuration, this) : new Dispenser(host, configuration, this);
		this.#machine = machine;
		this.#piSignal = new Digital({ pin: pins.piSignal, mode: Digital.Output, initialValue: 0 });
		this.#feedback = new Feedback(host, configuration);
		this.#screen = new Screen({ host, feedback: this.#feedback, language: languages[0] ?? "en" });
		if (configuration.foodSafety !== undefined) {
			this.#food = new FoodGuard({
				host,
				configuration: configuration.foodSafety,
				onLock: (reason) => machine.setHealthLock(reason !== ""),
			});
		}
		const { boot, phase } = machine.record;
		host.log("boot", { boot, phase, resetReason: host.resetReason });
		const { helloRequest, receipt, hello, command } = this.#topics;
		const uplink = openUplink({
			host,
			configuration,
			boot,
			accepted: [helloRequest, this.#topics[machine.orderTopic], receipt],
			onCommand: (claims) => this.#command(claims),
			onRejected: (topic, reason) => this.#reject(topic, reason),
			onPeer: (connected) => {
				if (connected) this.#greeting.hello("");
			},
		});
		this.#uplink = uplink;
		const freshness = new Freshness(host);
		this.#greeting = new Greeting({
			host,
			machine,
			freshness,
			configuration: configuration.version,
			topic: hello,
			send: (message) => uplink.send(message),
		});
		this.#orders = new Orders({
			host,
			machine,
			freshness,
			topic: command,
			obstacle: () => "",
			onOrder: ({ language }) => this.#screen.speak(language),
			onRejected: (topic, reason) => this.#reject(topic, reason),
			send: (message) => uplink.send(message),
		});
		machine.begin();
		this.#food?.begin();
		this.#health = host.timer.repeat(() => machine.weigh(() => this.#sendHealth()), HEALTH_MS);
	}

	/** What the machine is doing. */
	get phase(): MachinePhase {
		return this.#machine.record.phase;
	}

	/** Messages that came and were not acted on, since power-up. */
	get rejected(): number {
		return this.#rejected;
	}

	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#machine.close();
		this.#food?.close();
		this.#uplink.close();
		this.#screen.close();
		this.#feedback.close();
		this.#piSignal.close();
		this.#host.timer.clear(this.#health);
	}

	// What the cloud says

	#command(claims: Claims): void {
		const { topic, body } = claims;
		const { helloRequest, receipt } = this.#topics;
		if (topic === this.#topics[this.#machine.orderTopic]) {
			this.#orders.take(claims);
		} else if (topic === helloRequest && isHelloRequestBody(body)) {
			this.#greeting.hello(body.request);
		} else if (topic === receipt && isReceiptBody(body)) {
			const { saleId, outcome, totalCents } = body;
			if (this.#screen.showReceipt(body, this.#machine.inSession)) {
				this.#host.log("receipt.shown", { saleId, outcome, totalCents });
			} else {
				this.#reject(topic, "unknown-sale");
			}
		} else {
			this.#reject(topic, "bad-body");
		}
	}

	#reject(topic: string, reason: string): void {
		this.#rejected += 1;
		this.#host.log("message.rejected", { topic, reason });
	}

	// What the machine says

	onExecuted(saleId: string, counter: number): void {
		this.#orders.executed(saleId, counter);
	}

	onRefused(saleId: string, counter: number, reason: string): void {
		this.#orders.refused(saleId, counter, reason);
	}

	onReport(report: Report): void {
		const { number, saleId, boot } = report;
		this.#screen.reported(saleId);
		this.#uplink.send({
			topic: this.#topics.saleReport,
			// The same text whenever it is sealed, so that nobody takes a repetition for a second opening.
			identity: { jti: `${boot}-report-${number}`, seq: number },
			droppable: false,
			body: () => {
				const body = report.body();
				this.#host.log("report.sent", { saleId, number, opened: body.opened, flags: body.flags });
				return body;
			},
			onDelivered: () => {
				this.#host.log("report.acknowledged", { saleId, number });
				this.#machine.acknowledge(number);
			},
		});
	}

	onService(state: "started" | "ended" | "refused", commandId: string, reason: string): void {
		this.#host.log(`service.${state}`, { commandId, reason });
		if (state !== "refused") this.#food?.service(state === "started");
	}

	onDoor(state: DoorBody["state"], saleId: string): void {
		const body: DoorBody = { state, saleId, atMs: this.#host.ticks() };
		this.#host.log(`door.${state}`, { saleId });
		this.#uplink.send({ topic: this.#topics.door, droppable: true, body: () => body });
		if (state === "closed") this.#food?.doorClosed();
	}

	onChange(): void {
		const { record, inSession } = this.#machine;
		this.#piSignal.write(inSession ? 1 : 0);
		this.#screen.show(record.phase, inSession);
	}

	#sendHealth(): void {
		const { record, doorClosed, massesMilligrams, faults } = this.#machine;
		const body: HealthBody = {
			uptimeMs: this.#host.ticks(),
			boot: record.boot,
			doorClosed,
			massesMilligrams,
			phase: record.phase,
			resetReason: this.#host.resetReason,
			memoryFreeBytes: 0,
			faults,
		};
		this.#uplink.send({ topic: this.#topics.health, droppable: true, body: () => body });
	}
}
