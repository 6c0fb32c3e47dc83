import { HallSensor } from "@visionvend/drivers/hall-sensor";
import { Lock } from "@visionvend/drivers/lock";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import { inService, inSession, startLock, transition } from "@visionvend/sdk/device/lock/lock-machine";
import type {
	LockEffect,
	LockEvent,
	LockRecord,
	LockSettings,
	LockState,
	LockTransition,
	PendingReport,
} from "@visionvend/sdk/device/lock/lock-state";
import type { ConfiguredScale, ControllerConfiguration, SaleReportBody } from "@visionvend/sdk/device/messages";
import { isUnlockBody } from "@visionvend/sdk/device/validators.generated";
import type { ControllerHost } from "../controller-host.ts";
import type { Machine, MachineEvents, Order, Report } from "../machine.ts";
import { Scales, type Weighing } from "../scales.ts";
import { isCalibratedAnew, markCalibration } from "./calibration-mark.ts";
import { readLockRecord, writeLockRecord } from "./lock-store.ts";
import { WeightCurve } from "./weight-curve.ts";

const MAXIMUM_REPORTS = 4;
/** With a store that fails there is nothing to lose and perhaps something to gain by starting anew. */
const RESTART_AFTER_FAILURE_MS = 30_000;
const MINUTE_MS = 60_000;

/** A door that people open: it turns what the parts say into events of the lock machine, and its effects into deeds. */
export class Fridge implements Machine {
	readonly kind = "fridge";
	readonly orderTopic = "unlock";
	readonly bins = undefined;
	readonly scales: Scales;
	readonly #host: ControllerHost;
	readonly #settings: LockSettings;
	readonly #listener: MachineEvents;
	readonly #lock: Lock;
	readonly #hall: HallSensor;
	/** Topmost first. */
	readonly #shelves: readonly number[];
	#configuredScales: readonly ConfiguredScale[];
	readonly #events: LockEvent[] = [];
	#started: LockTransition | undefined;
	#state: LockState;
	#dispatching = false;
	#alarm: TimerHandle | undefined;
	#restart: TimerHandle | undefined;
	#coilOn = false;
	#masses: readonly number[] = [];
	/** Waits for a weighing that is not the lock machine's. */
	#weighed: ((weighing: Weighing | undefined) => void) | undefined;
	#closed = false;
	/** Somebody at the other end of the wire wants to know what shelves weigh while the door is open. */
	readonly #isHeard: boolean;
	#isWatching = false;

	/** Takes the pins, and reads the store. Calls nobody before `begin`. */
	constructor(host: ControllerHost, configuration: ControllerConfiguration, listener: MachineEvents) {
		const { Digital } = host.io;
		const { pins, lock } = configuration;
		this.#host = host;
		this.#listener = listener;
		// First of all: an open pin of the lock is one that is low.
		this.#lock = new Lock({
			coil: { io: Digital, pin: pins.lock },
			timer: host.timer,
			...(pins.bolt === undefined ? undefined : { feedback: { io: Digital, pin: pins.bolt } }),
			onFault: () => listener.onChange(),
		});
		this.#settings = {
			pulseMs: lock.pulseMs,
			windowMs: lock.windowMs,
			ajarMs: lock.ajarMs,
			maximumReports: MAXIMUM_REPORTS,
		};
		this.#hall = new HallSensor({
			sensor: { io: Digital, pin: pins.hall },
			timer: host.timer,
			onSample: () => this.#doorMoved(),
		});
		this.scales = new Scales(host, configuration.scales);
		this.#shelves = configuration.scales.map(({ shelf }) => shelf);
		this.#configuredScales = configuration.scales;
		this.#isHeard = configuration.uplink.via === "pi";
		this.#started = startLock(this.#readRecord(), this.#isDoorClosed(), host.ticks(), this.#settings);
		this.#state = this.#started.state;
	}

	begin(): void {
		const started = this.#started;
		this.#started = undefined;
		if (started === undefined) return;
		this.#dispatching = true;
		this.#follow(started);
		this.#dispatching = false;
		this.#work();
		this.#markCalibration();
	}

	get record(): LockRecord {
		return this.#state.record;
	}

	get failed(): boolean {
		return this.#state.failed;
	}

	get inSession(): boolean {
		return inSession(this.#state);
	}

	get inService(): boolean {
		return inService(this.#state);
	}

	get doorClosed(): boolean {
		return this.#state.doorClosed;
	}

	get massesMilligrams(): readonly number[] {
		return this.#masses;
	}

	/** `bolt`, and `scale-2` where that shelf's cell said nothing sound when it was last asked. */
	get faults(): readonly string[] {
		const faults = this.scales.deadShelves.map((shelf) => `scale-${shelf}`);
		if (!this.#closed && this.#lock.sample()?.faults !== undefined) faults.push("bolt");
		return faults;
	}

	readOrder(body: unknown): Order | undefined {
		if (!isUnlockBody(body)) return undefined;
		const { saleId, counter, windowMs, language } = body;
		return {
			saleId,
			counter,
			language,
			obstacle: "",
			begin: () => this.#soon({ type: "unlock", saleId, counter, windowMs }),
		};
	}

	acknowledge(number: number): void {
		this.#soon({ type: "acknowledged", number });
	}

	weigh(done: (weighing: Weighing | undefined) => void): void {
		const { phase } = this.#state.record;
		// In a sale the scales are busy, and so is whoever would have to wait for them.
		const isFree = phase === "locked" || phase === "health-lock" || phase === "service";
		if (!isFree || this.#weighed !== undefined) {
			this.#host.timer.set(() => done(undefined), 0);
			return;
		}
		this.#weighed = done;
		this.scales.measure((weighing) => {
			this.#weighed = undefined;
			this.#keepMasses(weighing);
			if (weighing.stable && !weighing.fault) this.#dispatch({ type: "idle-weights", weights: weighing.weights });
			done(weighing);
		});
	}

	/** One shelf is weighed by another calibration from now on; `scales` has all of them. Calls back when the store knows. */
	recalibrate(changed: ConfiguredScale, scales: readonly ConfiguredScale[], done: () => void): void {
		this.scales.calibrate(changed.shelf, changed);
		this.#configuredScales = scales;
		// What was weighed by the old calibration is no measure of what is weighed by the new one.
		this.weigh(() => {
			if (this.#state.record.phase === "locked") this.#persist(this.#state.record);
			this.#markCalibration();
			done();
		});
	}

	startService(commandId: string, minutes: number): void {
		this.#soon({
			type: "service-start",
			commandId,
			milliseconds: minutes * MINUTE_MS,
			atMs: this.#host.ticks(),
		});
	}

	openAgain(): void {
		this.#soon({ type: "service-open", atMs: this.#host.ticks() });
	}

	endService(): void {
		this.#soon({ type: "service-end", atMs: this.#host.ticks() });
	}

	setHealthLock(on: boolean): void {
		this.#soon({ type: "health-lock", on });
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#lock.close();
		this.#hall.close();
		this.scales.close();
		const { timer } = this.#host;
		if (this.#alarm !== undefined) timer.clear(this.#alarm);
		if (this.#restart !== undefined) timer.clear(this.#restart);
	}

	/** Without the weights at rest where they are by other calibrations: nobody shall be taken for a thief. */
	#readRecord(): LockRecord | undefined | "unreadable" {
		const { storage } = this.#host;
		const record = readLockRecord(storage);
		const isStale = isCalibratedAnew(storage, this.#configuredScales);
		return isStale && typeof record === "object" ? { ...record, idle: [] } : record;
	}

	/** After the record was written, never before: the other way round, a power cut in between would accuse somebody. */
	#markCalibration(): void {
		if (this.#state.failed) return;
		try {
			markCalibration(this.#host.storage, this.#configuredScales);
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#host.log("storage.failed", { message: error.message });
		}
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
		this.#giveUpWeighing();
		this.#isWatching = false;
		this.scales.measure((weighing) => {
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

	#watchWhileOpen(): void {
		const { phase, session } = this.#state.record;
		const isOpen = this.#isHeard && (phase === "open" || phase === "ajar");
		if (isOpen === this.#isWatching) return;
		this.#isWatching = isOpen;
		if (!isOpen) {
			this.scales.stop();
			return;
		}
		const curve = new WeightCurve({
			host: this.#host,
			saleId: session?.saleId ?? "",
			send: (body) => this.#listener.onWeights(body),
		});
		this.scales.watch((shelf, point) => curve.add(shelf, point));
	}

	#giveUpWeighing(): void {
		const weighed = this.#weighed;
		this.#weighed = undefined;
		if (weighed !== undefined) this.#host.timer.set(() => weighed(undefined), 0);
	}

	/** A shelf whose cell is dead keeps what was last known of it. */
	#keepMasses({ weights }: Weighing): void {
		this.#masses = this.#shelves.map(
			(shelf, index) => weights.find((weight) => weight.shelf === shelf)?.milligrams ?? this.#masses[index] ?? 0,
		);
	}

	// The lock machine

	/** On a stack of its own: whoever calls stands on a deep one already, and a device has 512 slots of stack. */
	#soon(event: LockEvent): void {
		this.#host.timer.set(() => this.#dispatch(event), 0);
	}

	#dispatch(event: LockEvent): void {
		this.#events.push(event);
		this.#work();
	}

	/** One event after the other: what an effect brings about waits until the other effects are done. */
	#work(): void {
		if (this.#dispatching || this.#started !== undefined || this.#closed) return;
		this.#dispatching = true;
		for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
			this.#follow(transition(this.#state, event, this.#settings));
		}
		this.#dispatching = false;
	}

	#follow(step: LockTransition): void {
		this.#state = step.state;
		for (const effect of step.effects) {
			if (effect.type !== "persist") this.#carryOut(effect);
			else if (!this.#persist(effect.record)) break;
		}
		this.#watchWhileOpen();
		this.#listener.onChange();
	}

	#persist(record: LockRecord): boolean {
		try {
			writeLockRecord(this.#host.storage, record);
			return true;
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#host.log("storage.failed", { message: error.message });
			this.#restart ??= this.#host.timer.set(() => this.#host.restart(), RESTART_AFTER_FAILURE_MS);
			// Before whatever else waits: the rest of the effects counted on it.
			this.#events.unshift({ type: "storage-failed" });
			this.#work();
			return false;
		}
	}

	#carryOut(effect: Exclude<LockEffect, { type: "persist" }>): void {
		const { log } = this.#host;
		const listener = this.#listener;
		switch (effect.type) {
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
					const { session, counter } = this.#state.record;
					log("unlock.accepted", { saleId: session?.saleId ?? "", counter });
				}
				this.#measure();
				break;
			case "stop-measuring":
				this.#giveUpWeighing();
				this.#isWatching = false;
				this.scales.stop();
				break;
			case "alarm":
				this.#setAlarm(effect.milliseconds);
				break;
			case "executed":
				listener.onExecuted(effect.saleId, effect.counter);
				break;
			case "refused":
				log("unlock.refused", { saleId: effect.saleId, counter: effect.counter, reason: effect.reason });
				listener.onRefused(effect.saleId, effect.counter, effect.reason);
				break;
			case "door":
				listener.onDoor(effect.state, effect.saleId);
				break;
			case "report":
				listener.onReport(toReport(effect.report));
				break;
			case "service":
				listener.onService(effect.state, effect.commandId, effect.reason);
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
}

function toReport(report: PendingReport): Report {
	const { number, saleId, boot } = report;
	return {
		number,
		saleId,
		boot,
		body(): SaleReportBody {
			const { counter, opened, doorOpenMs, flags, shelves } = report;
			return { saleId, counter, boot, opened, doorOpenMs, flags, shelves, dispensed: [] };
		},
	};
}
