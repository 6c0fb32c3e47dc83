import { startDispense, transitionDispense } from "@visionvend/sdk/device/dispense/dispense-machine";
import { decodeDispenseRecord, encodeDispenseRecord } from "@visionvend/sdk/device/dispense/dispense-record";
import type {
	DispenseEffect,
	DispenseEvent,
	DispenseRecord,
	DispenseReport,
	DispenseSettings,
	DispenseState,
	DispenseTransition,
} from "@visionvend/sdk/device/dispense/dispense-state";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { SaleReportBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import type { Deliverer } from "./deliverer.ts";
import { readRecord, writeRecord } from "./record-store.ts";

const KEY = "dispense";
const MAXIMUM_REPORTS = 4;
/** With a store that fails there is nothing to lose and perhaps something to gain by starting anew. */
const RESTART_AFTER_FAILURE_MS = 30_000;

export interface DeliveryOptions {
	readonly host: ControllerHost;
	readonly deliverer: Deliverer;
	/** Something has begun to move for this sale. */
	onExecuted(saleId: string, counter: number): void;
	onRefused(saleId: string, counter: number, reason: string): void;
	/** The report is in the store. Send it until `acknowledge` can be called with its number. */
	onReport(report: DispenseReport): void;
	/** `reason` is empty unless refused. */
	onService(state: "started" | "ended" | "refused", commandId: string, reason: string): void;
	/** The phase or the sale may have changed. */
	onChange(): void;
}

/**
 * Sales of a machine that delivers: the dispense machine with its store and with what it delivers with. Every method
 * returns at once; what it brings about happens on a stack of its own, in the order of the calls.
 */
export class Delivery {
	readonly #options: DeliveryOptions;
	readonly #settings: DispenseSettings;
	readonly #events: DispenseEvent[] = [];
	#started: DispenseTransition | undefined;
	#state: DispenseState;
	#work: TimerHandle | undefined;
	#alarm: TimerHandle | undefined;
	#restart: TimerHandle | undefined;
	#closed = false;

	/** Reads the store. Calls nobody before `begin`. */
	constructor(options: DeliveryOptions) {
		this.#options = options;
		this.#settings = { deliveryMs: options.deliverer.longestMs, maximumReports: MAXIMUM_REPORTS };
		this.#started = startDispense(readRecord(options.host.storage, KEY, decodeDispenseRecord));
		this.#state = this.#started.state;
	}

	/** Writes down the start, and sends what is left of earlier ones. A second call does nothing. */
	begin(): void {
		const started = this.#started;
		this.#started = undefined;
		if (started === undefined || this.#closed) return;
		this.#follow(started);
		this.#carryOn();
	}

	/** What the hello tells of it. */
	get record(): DispenseRecord {
		return this.#state.record;
	}

	/** The store failed, or holds something else: the counters are unknown, and nothing is sold. */
	get failed(): boolean {
		return this.#state.failed;
	}

	/** From the accepted sale until its report is written. */
	get inSession(): boolean {
		return this.#state.record.session !== undefined;
	}

	/** A sale whose seal, addressee and freshness are checked. */
	dispense(saleId: string, counter: number, slots: readonly number[]): void {
		const obstacle = this.#options.deliverer.obstacle(slots);
		this.#dispatch({ type: "dispense", saleId, counter, slots, obstacle });
	}

	/** Somebody else has the report with this number safe. */
	acknowledge(number: number): void {
		this.#dispatch({ type: "acknowledged", number });
	}

	startService(commandId: string, minutes: number): void {
		this.#dispatch({ type: "service-start", commandId, minutes });
	}

	endService(): void {
		this.#dispatch({ type: "service-end" });
	}

	setHealthLock(on: boolean): void {
		this.#dispatch({ type: "health-lock", on });
	}

	/** Forgets what was to be done. The deliverer stays open: it is whose it was. A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const { timer } = this.#options.host;
		if (this.#work !== undefined) timer.clear(this.#work);
		if (this.#alarm !== undefined) timer.clear(this.#alarm);
		if (this.#restart !== undefined) timer.clear(this.#restart);
	}

	#dispatch(event: DispenseEvent): void {
		this.#events.push(event);
		this.#carryOn();
	}

	/** One event at a time, each on a fresh stack: commands come from deep down in the uplink. */
	#carryOn(): void {
		if (this.#work !== undefined || this.#closed || this.#started !== undefined || this.#events.length === 0) return;
		this.#work = this.#options.host.timer.set(() => {
			this.#work = undefined;
			const event = this.#events.shift();
			if (event !== undefined) this.#follow(transitionDispense(this.#state, event, this.#settings));
			this.#carryOn();
		}, 0);
	}

	#follow(step: DispenseTransition): void {
		this.#state = step.state;
		for (const effect of step.effects) {
			if (effect.type !== "persist") this.#carryOut(effect);
			else if (!this.#persist(effect.record)) {
				// The rest of the effects counted on it.
				this.#follow(transitionDispense(this.#state, { type: "storage-failed" }, this.#settings));
				return;
			}
		}
		this.#options.onChange();
	}

	#persist(record: DispenseRecord): boolean {
		const { host } = this.#options;
		const problem = writeRecord(host.storage, KEY, encodeDispenseRecord(record));
		if (problem === undefined) return true;
		host.log("storage.failed", { message: problem });
		this.#restart ??= host.timer.set(() => host.restart(), RESTART_AFTER_FAILURE_MS);
		return false;
	}

	#carryOut(effect: Exclude<DispenseEffect, { type: "persist" }>): void {
		const { deliverer, host } = this.#options;
		switch (effect.type) {
			case "deliver":
				this.#deliver(effect.counter, effect.index, effect.slot);
				break;
			case "stop":
				deliverer.stop();
				break;
			case "alarm":
				this.#setAlarm(effect.milliseconds);
				break;
			case "executed":
				this.#options.onExecuted(effect.saleId, effect.counter);
				break;
			case "refused":
				host.log("dispense.refused", { saleId: effect.saleId, counter: effect.counter, reason: effect.reason });
				this.#options.onRefused(effect.saleId, effect.counter, effect.reason);
				break;
			case "report":
				this.#options.onReport(effect.report);
				break;
			case "service":
				this.#options.onService(effect.state, effect.commandId, effect.reason);
				break;
		}
	}

	#deliver(counter: number, index: number, slot: number): void {
		const { deliverer, host } = this.#options;
		host.log("slot.begun", { counter, index, slot });
		deliverer.deliver(slot, (outcome, reason) => {
			host.log("slot.ended", { counter, index, slot, outcome, reason });
			this.#dispatch({ type: "delivered", counter, index, outcome, reason });
		});
	}

	#setAlarm(milliseconds: number | undefined): void {
		const { timer } = this.#options.host;
		if (this.#alarm !== undefined) timer.clear(this.#alarm);
		this.#alarm = undefined;
		if (milliseconds === undefined) return;
		this.#alarm = timer.set(() => {
			this.#alarm = undefined;
			this.#dispatch({ type: "elapsed" });
		}, milliseconds);
	}
}

/** The report as the cloud reads it: a machine that delivers has no door and no shelves to tell of. */
export function toSaleReportBody({ saleId, counter, boot, flags, dispensed }: DispenseReport): SaleReportBody {
	const opened = dispensed.some(({ outcome }) => outcome !== "failed");
	return { saleId, counter, boot, opened, doorOpenMs: 0, flags, shelves: [], dispensed };
}
