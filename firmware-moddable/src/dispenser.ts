import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { Lock } from "@visionvend/drivers/lock";
import type { DispenseRecord, DispenseReport } from "@visionvend/sdk/device/dispense/dispense-state";
import type { BinLevel, ControllerConfiguration, MachineKind } from "@visionvend/sdk/device/messages";
import { isDispenseBody } from "@visionvend/sdk/device/validators.generated";
import { Barista } from "./coffee/barista.ts";
import type { ControllerHost } from "./controller-host.ts";
import type { Machine, MachineEvents, Order, Report } from "./machine.ts";
import type { Weighing } from "./scales.ts";
import { MOST_SLOTS_OVER_LTE } from "./uplink/uplink-problem.ts";
import type { Deliverer } from "./vending/deliverer.ts";
import { Delivery, toSaleReportBody } from "./vending/delivery.ts";
import { Rack } from "./vending/rack.ts";

/** Longest pulse, so that a timer that is 200 ms late still keeps the coil's limit of 5 s. */
const LONGEST_PULSE_MS = 4_800;

/** A machine that hands out what was ordered, behind a door for those who serve it: vending and coffee. */
export class Dispenser implements Machine {
	readonly kind: MachineKind;
	readonly orderTopic = "dispense";
	readonly massesMilligrams: readonly number[] = Object.freeze([]);
	readonly barista: Barista | undefined;
	readonly #host: ControllerHost;
	readonly #pulseMs: number;
	/** Of one sale: the report of more would not fit into a message. */
	readonly #mostSlots: number;
	readonly #lock: Lock;
	readonly #hall: HallSensor;
	readonly #deliverer: Deliverer;
	readonly #delivery: Delivery;
	#doorClosed: boolean;
	#closed = false;

	/** Takes the pins, and reads the store. Calls nobody before `begin`. Throws a `RangeError` without slots or recipes. */
	constructor(host: ControllerHost, configuration: ControllerConfiguration, listener: MachineEvents) {
		const { Digital } = host.io;
		const { kind, pins, lock, uplink } = configuration;
		this.kind = kind;
		this.#host = host;
		this.#mostSlots = uplink.via === "lte" ? MOST_SLOTS_OVER_LTE : Number.POSITIVE_INFINITY;
		this.#pulseMs = Math.min(lock.pulseMs, LONGEST_PULSE_MS);
		// First of all: an open pin of the lock is one that is low.
		this.#lock = new Lock({
			coil: { io: Digital, pin: pins.lock },
			timer: host.timer,
			...(pins.bolt === undefined ? undefined : { feedback: { io: Digital, pin: pins.bolt } }),
			onFault: () => listener.onChange(),
		});
		this.#hall = new HallSensor({
			sensor: { io: Digital, pin: pins.hall },
			timer: host.timer,
			onSample: () => this.#doorMoved(listener),
		});
		this.#doorClosed = this.#isDoorClosed();
		if (configuration.coffee !== undefined && kind === "coffee") {
			this.barista = new Barista(host, configuration.coffee);
			this.#deliverer = this.barista;
		} else if (configuration.vending !== undefined && kind === "vending") {
			this.#deliverer = new Rack(host, configuration.vending);
		} else {
			throw new RangeError(`The configuration of a ${kind} machine does not say what it has inside.`);
		}
		this.#delivery = new Delivery({
			host,
			deliverer: this.#deliverer,
			onExecuted: (saleId, counter) => listener.onExecuted(saleId, counter),
			onRefused: (saleId, counter, reason) => listener.onRefused(saleId, counter, reason),
			onReport: (report) => listener.onReport(toReport(report)),
			onService: (state, commandId, reason) => {
				if (state === "started") this.#open();
				listener.onService(state, commandId, reason);
			},
			onChange: () => listener.onChange(),
		});
	}

	begin(): void {
		this.#delivery.begin();
	}

	get record(): DispenseRecord {
		return this.#delivery.record;
	}

	get failed(): boolean {
		return this.#delivery.failed;
	}

	get inSession(): boolean {
		return this.#delivery.inSession;
	}

	get inService(): boolean {
		return this.#delivery.record.service !== undefined;
	}

	get doorClosed(): boolean {
		return this.#doorClosed;
	}

	get bins(): readonly BinLevel[] | undefined {
		return this.#closed ? undefined : this.barista?.levels();
	}

	/** `bolt`, and those of what delivers. */
	get faults(): readonly string[] {
		if (this.#closed) return [];
		const { faults } = this.#deliverer;
		return this.#lock.sample()?.faults === undefined ? faults : [...faults, "bolt"];
	}

	readOrder(body: unknown): Order | undefined {
		if (!isDispenseBody(body)) return undefined;
		const { saleId, counter, slots, language } = body;
		const obstacle = slots.length > this.#mostSlots ? "too-many-slots" : "";
		return { saleId, counter, language, obstacle, begin: () => this.#delivery.dispense(saleId, counter, slots) };
	}

	acknowledge(number: number): void {
		this.#delivery.acknowledge(number);
	}

	weigh(done: (weighing: Weighing | undefined) => void): void {
		this.#host.timer.set(() => done(undefined), 0);
	}

	startService(commandId: string, minutes: number): void {
		this.#delivery.startService(commandId, minutes);
	}

	openAgain(): void {
		if (this.inService && this.#doorClosed) this.#open();
	}

	endService(): void {
		this.#delivery.endService();
	}

	setHealthLock(on: boolean): void {
		this.#delivery.setHealthLock(on);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#delivery.close();
		this.#deliverer.close();
		this.#lock.close();
		this.#hall.close();
	}

	/** One pulse: whoever serves the machine stands before it, and has a button for another one. */
	#open(): void {
		this.#host.log("lock.energised", { milliseconds: this.#pulseMs });
		this.#lock.energise(this.#pulseMs);
	}

	#isDoorClosed(): boolean {
		return this.#hall.sample().position === "closed";
	}

	#doorMoved(listener: MachineEvents): void {
		const isClosed = this.#isDoorClosed();
		if (isClosed === this.#doorClosed) return;
		this.#doorClosed = isClosed;
		if (!isClosed) this.#lock.release();
		listener.onDoor(isClosed ? "closed" : this.inService ? "opened" : "forced", "");
		listener.onChange();
	}
}

function toReport(report: DispenseReport): Report {
	const { number, saleId, boot } = report;
	return { number, saleId, boot, body: () => toSaleReportBody(report) };
}
