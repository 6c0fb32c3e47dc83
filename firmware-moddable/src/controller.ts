import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { Lock } from "@visionvend/drivers/lock";
import type { Claims } from "@visionvend/sdk/device/envelope/envelope";
import type { Digital } from "@visionvend/sdk/device/io/digital";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import { inSession, startLock, transition } from "@visionvend/sdk/device/lock/lock-machine";
import type {
	LockEffect,
	LockEvent,
	LockPhase,
	LockSettings,
	LockState,
	LockTransition,
	PendingReport,
} from "@visionvend/sdk/device/lock/lock-state";
import type {
	CommandBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	HelloBody,
	ReceiptBody,
	SaleReportBody,
} from "@visionvend/sdk/device/messages";
import { type Topics, topics } from "@visionvend/sdk/device/topics";
import { isHelloRequestBody, isReceiptBody, isUnlockBody } from "@visionvend/sdk/device/validators.generated";
import type { ControllerHost } from "./controller-host.ts";
import { Feedback } from "./feedback.ts";
import { Freshness } from "./freshness.ts";
import { readLockRecord, writeLockRecord } from "./lock-store.ts";
import { Scales, type Weighing } from "./scales.ts";
import { PiLink } from "./uplink/pi-link.ts";
import { FIRMWARE_VERSION } from "./version.ts";

const MAXIMUM_REPORTS = 4;
const HEALTH_MS = 60_000;
const RECEIPT_MS = 10_000;
/** With a store that fails there is nothing to lose and perhaps something to gain by starting anew. */
const RESTART_AFTER_FAILURE_MS = 30_000;

/** The door controller: it turns what the parts and the cloud say into events of the lock machine, and its effects into deeds. */
export class Controller {
	readonly #host: ControllerHost;
	readonly #settings: LockSettings;
	readonly #topics: Topics;
	readonly #defaultLanguage: string;
	readonly #lock: Lock;
	readonly #hall: HallSensor;
	readonly #scales: Scales;
	readonly #feedback: Feedback;
	readonly #piSignal: Digital;
	readonly #link: PiLink;
	readonly #freshness: Freshness;
	readonly #health: TimerHandle;
	readonly #events: LockEvent[] = [];
	#dispatching = false;
	#state: LockState;
	#alarm: TimerHandle | undefined;
	#receiptEnd: TimerHandle | undefined;
	#restart: TimerHandle | undefined;
	#coilOn = false;
	#shownPhase: LockPhase | undefined;
	#language: string;
	/** The sale whose receipt may be shown. */
	#lastSaleId = "";
	#masses: readonly number[] = [];
	#rejected = 0;
	#closed = false;

	constructor(host: ControllerHost, configuration: ControllerConfiguration) {
		const { Digital } = host.io;
		const { pins, lock } = configuration;
		this.#host = host;
		// First of all: an open pin of the lock is one that is low.
		this.#lock = new Lock({ coil: { io: Digital, pin: pins.lock }, timer: host.timer });
		this.#piSignal = new Digital({ pin: pins.piSignal, mode: Digital.Output, initialValue: 0 });
		this.#settings = {
			pulseMs: lock.pulseMs,
			windowMs: lock.windowMs,
			ajarMs: lock.ajarMs,
			maximumReports: MAXIMUM_REPORTS,
		};
		this.#topics = topics(configuration.machineId);
		this.#defaultLanguage = configuration.languages[0] ?? "en";
		this.#language = this.#defaultLanguage;
		this.#hall = new HallSensor({
			sensor: { io: Digital, pin: pins.hall },
			timer: host.timer,
			onSample: () => this.#doorMoved(),
		});
		this.#scales = new Scales(host, configuration.scales);
		this.#feedback = new Feedback(host, configuration);
		this.#freshness = new Freshness(host);
		const started = startLock(readLockRecord(host.storage), this.#isDoorClosed(), host.ticks(), this.#settings);
		this.#state = started.state;
		const { boot } = started.state.record;
		host.log("boot", { boot, phase: started.state.record.phase, resetReason: host.resetReason });
		this.#link = new PiLink({
			host,
			configuration,
			boot,
			accepted: [this.#topics.helloRequest, this.#topics.unlock, this.#topics.receipt],
			onCommand: (claims) => this.#command(claims),
			onRejected: (topic, reason) => this.#reject(topic, reason),
			onPeer: (connected) => {
				if (connected) this.#hello("");
			},
		});
		this.#follow(started);
		this.#work();
		this.#health = host.timer.repeat(() => this.#measureHealth(), HEALTH_MS);
	}

	/** What the lock machine is doing. */
	get phase(): LockPhase {
		return this.#state.record.phase;
	}

	/** Messages that came and were not acted on, since power-up. */
	get rejected(): number {
		return this.#rejected;
	}

	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#lock.close();
		this.#hall.close();
		this.#scales.close();
		this.#link.close();
		this.#feedback.close();
		this.#piSignal.close();
		const { timer } = this.#host;
		timer.clear(this.#health);
		if (this.#alarm !== undefined) timer.clear(this.#alarm);
		if (this.#receiptEnd !== undefined) timer.clear(this.#receiptEnd);
		if (this.#restart !== undefined) timer.clear(this.#restart);
	}

	// Commands of the cloud

	#command(claims: Claims): void {
		const { topic, body } = claims;
		if (topic === this.#topics.helloRequest) {
			if (isHelloRequestBody(body)) this.#hello(body.request);
			else this.#reject(topic, "bad-body");
		} else if (topic === this.#topics.unlock) {
			if (!isUnlockBody(body)) {
				this.#reject(topic, "bad-body");
			} else if (this.#freshness.use(claims.nonce)) {
				if (this.#state.record.phase === "locked") this.#language = body.language;
				this.#dispatch({
					type: "unlock",
					saleId: body.saleId,
					counter: body.counter,
					windowMs: body.windowMs,
				});
			} else {
				this.#reject(topic, "stale-nonce");
				this.#answer(body.saleId, body.counter, "refused", "stale-nonce");
			}
		} else if (isReceiptBody(body)) {
			this.#showReceipt(topic, body);
		} else {
			this.#reject(topic, "bad-body");
		}
	}

	#reject(topic: string, reason: string): void {
		this.#rejected += 1;
		this.#host.log("message.rejected", { topic, reason });
	}

	#hello(request: string): void {
		// With an unreadable store the counters are unknown, and a wrong one would prove that a sale never happened.
		if (this.#state.failed) return;
		this.#link.send({
			topic: this.#topics.hello,
			droppable: true,
			body: (): HelloBody => {
				const { boot, counter, executed, phase } = this.#state.record;
				this.#host.log("hello.sent", { request, counter, phase });
				return {
					request,
					boot,
					nonce: this.#freshness.issue(),
					counter,
					executed,
					phase,
					firmware: FIRMWARE_VERSION,
					resetReason: this.#host.resetReason,
					kind: "fridge",
					configuration: 0,
				};
			},
		});
	}

	#answer(saleId: string, counter: number, result: CommandBody["result"], reason: string): void {
		// Of a counter that was consumed before, only the window of the hello tells the truth: this copy of the unlock
		// came to nothing, another one may have opened the door.
		const isCopy = counter <= this.#state.record.counter && (reason === "stale-nonce" || reason === "counter-used");
		if (isCopy) return;
		const body: CommandBody = { saleId, counter, result, reason };
		this.#link.send({ topic: this.#topics.command, droppable: false, body: () => body });
	}

	#showReceipt(topic: string, receipt: ReceiptBody): void {
		if (receipt.saleId !== this.#lastSaleId) {
			this.#reject(topic, "unknown-sale");
			return;
		}
		this.#lastSaleId = "";
		this.#host.log("receipt.shown", {
			saleId: receipt.saleId,
			outcome: receipt.outcome,
			totalCents: receipt.totalCents,
		});
		// Whoever is at the machine by now is somebody else.
		if (inSession(this.#state)) return;
		this.#feedback.showReceipt(receipt);
		this.#showIdleAfter(RECEIPT_MS);
	}

	#showIdleAfter(milliseconds: number): void {
		const { timer } = this.#host;
		if (this.#receiptEnd !== undefined) timer.clear(this.#receiptEnd);
		this.#receiptEnd = timer.set(() => {
			this.#receiptEnd = undefined;
			this.#language = this.#defaultLanguage;
			this.#feedback.showPhase(this.#state.record.phase, this.#language);
		}, milliseconds);
	}

	// Parts

	#isDoorClosed(): boolean {
		return this.#hall.sample().position === "closed";
	}

	#doorMoved(): void {
		const atMs = this.#host.ticks();
		this.#dispatch(this.#isDoorClosed() ? { type: "door-closed", atMs } : { type: "door-opened", atMs });
	}

	#measure(): void {
		this.#scales.measure((weighing) => {
			this.#keepMasses(weighing);
			const { phase } = this.#state.record;
			this.#host.log(phase === "measuring" ? "baseline.measured" : "scales.settled", {
				stable: weighing.stable,
				fault: weighing.fault,
				milligrams: weighing.weights.map((weight) => weight.milligrams),
			});
			this.#dispatch({ type: "measured", ...weighing });
		});
	}

	#keepMasses(weighing: Weighing): void {
		this.#masses = weighing.weights.map((weight) => weight.milligrams);
	}

	#measureHealth(): void {
		// While somebody is at the machine the scales are busy or moving: the last weights do.
		if (this.#state.record.phase !== "locked") {
			this.#sendHealth();
			return;
		}
		this.#scales.measure((weighing) => {
			this.#keepMasses(weighing);
			if (weighing.stable && !weighing.fault) this.#dispatch({ type: "idle-weights", weights: weighing.weights });
			this.#sendHealth();
		});
	}

	#sendHealth(): void {
		const { record, doorClosed } = this.#state;
		const body: HealthBody = {
			uptimeMs: this.#host.ticks(),
			boot: record.boot,
			doorClosed,
			massesMilligrams: this.#masses,
			phase: record.phase,
			resetReason: this.#host.resetReason,
			memoryFreeBytes: 0,
			faults: [],
		};
		this.#link.send({ topic: this.#topics.health, droppable: true, body: () => body });
	}

	// The lock machine

	#dispatch(event: LockEvent): void {
		this.#events.push(event);
		this.#work();
	}

	/** One event after the other: what an effect brings about waits until the other effects are done. */
	#work(): void {
		if (this.#dispatching) return;
		this.#dispatching = true;
		for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
			this.#follow(transition(this.#state, event, this.#settings));
		}
		this.#dispatching = false;
	}

	#follow(step: LockTransition): void {
		this.#state = step.state;
		for (const effect of step.effects) {
			if (effect.type === "persist") {
				if (!this.#persist(effect)) {
					// Before whatever else waits: the rest of the effects counted on it.
					this.#events.unshift({ type: "storage-failed" });
					break;
				}
			} else {
				this.#carryOut(effect);
			}
		}
		this.#piSignal.write(inSession(this.#state) ? 1 : 0);
		this.#show();
	}

	#persist(effect: LockEffect & { readonly type: "persist" }): boolean {
		try {
			writeLockRecord(this.#host.storage, effect.record);
			return true;
		} catch (error) {
			this.#host.log("storage.failed", { message: error instanceof Error ? error.message : "unknown" });
			this.#restart = this.#host.timer.set(() => this.#host.restart(), RESTART_AFTER_FAILURE_MS);
			return false;
		}
	}

	#carryOut(effect: LockEffect): void {
		const { log } = this.#host;
		switch (effect.type) {
			case "persist":
				break;
			case "energise":
				this.#lock.energise(effect.milliseconds);
				this.#coilOn = true;
				log("lock.energised", { milliseconds: effect.milliseconds });
				break;
			case "release":
				this.#lock.release();
				if (this.#coilOn) log("lock.released", {});
				this.#coilOn = false;
				break;
			case "measure":
				if (this.#state.record.phase === "measuring") {
					log("unlock.accepted", { saleId: this.#sessionSaleId(), counter: this.#state.record.counter });
				}
				this.#measure();
				break;
			case "stop-measuring":
				this.#scales.stop();
				break;
			case "alarm":
				this.#setAlarm(effect.milliseconds);
				break;
			case "executed":
				this.#answer(effect.saleId, effect.counter, "executed", "");
				break;
			case "refused":
				log("unlock.refused", { saleId: effect.saleId, counter: effect.counter, reason: effect.reason });
				this.#answer(effect.saleId, effect.counter, "refused", effect.reason);
				break;
			case "door": {
				const body: DoorBody = { state: effect.state, saleId: effect.saleId, atMs: this.#host.ticks() };
				log(`door.${effect.state}`, { saleId: effect.saleId });
				this.#link.send({ topic: this.#topics.door, droppable: true, body: () => body });
				break;
			}
			case "report":
				this.#report(effect.report);
				break;
		}
	}

	#setAlarm(milliseconds: number | undefined): void {
		const { timer } = this.#host;
		if (this.#alarm !== undefined) timer.clear(this.#alarm);
		this.#alarm = undefined;
		if (milliseconds === undefined) return;
		this.#alarm = timer.set(() => {
			this.#alarm = undefined;
			this.#dispatch({ type: "elapsed" });
		}, milliseconds);
	}

	#report(report: PendingReport): void {
		const { number, ...body } = report;
		this.#lastSaleId = report.saleId;
		this.#link.send({
			topic: this.#topics.saleReport,
			// The same text whenever it is sealed, so that nobody takes a repetition for a second opening.
			identity: { jti: `${report.boot}-report-${number}`, seq: number },
			droppable: false,
			body: (): SaleReportBody => {
				this.#host.log("report.sent", { saleId: report.saleId, number, opened: report.opened, flags: report.flags });
				return { ...body, dispensed: [] };
			},
			onDelivered: () => {
				this.#host.log("report.acknowledged", { saleId: report.saleId, number });
				this.#dispatch({ type: "acknowledged", number });
			},
		});
	}

	#sessionSaleId(): string {
		return this.#state.record.session?.saleId ?? "";
	}

	#show(): void {
		const { phase, session } = this.#state.record;
		if (phase === this.#shownPhase) return;
		const before = this.#shownPhase;
		this.#shownPhase = phase;
		if (this.#receiptEnd !== undefined && session !== undefined) {
			this.#host.timer.clear(this.#receiptEnd);
			this.#receiptEnd = undefined;
		}
		if (phase === "locked" && before === "settling" && this.#lastSaleId !== "") {
			// Until the receipt comes, or nobody waits for it any more.
			this.#feedback.showThanks(this.#language);
			this.#showIdleAfter(RECEIPT_MS);
		} else {
			if (phase === "locked") this.#language = this.#defaultLanguage;
			this.#feedback.showPhase(phase, this.#language);
		}
	}
}
