import { DS18B20 } from "@visionvend/drivers/ds18b20";
import { startFood, transitionFood } from "@visionvend/sdk/device/food-safety/food-machine";
import { decodeFoodRecord, encodeFoodRecord } from "@visionvend/sdk/device/food-safety/food-record";
import type {
	ClearRefusal,
	FoodEvent,
	FoodLock,
	FoodSettings,
	FoodState,
	FoodTransition,
} from "@visionvend/sdk/device/food-safety/food-state";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ConfiguredFoodSafety } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import { readRecord, writeRecord } from "../vending/record-store.ts";

const KEY = "food";
const PERIOD_MS = 5_000;

export interface FoodGuardOptions {
	readonly host: ControllerHost;
	readonly configuration: ConfiguredFoodSafety;
	/** From now on nothing is sold for this reason; "" sells. Called by `begin`, and with every change. */
	onLock(reason: FoodLock): void;
	/** After every reading; `undefined` when there was none. */
	onTemperature?(centidegrees: number | undefined): void;
}

/** Watches over the food with a thermometer among it, and says when nothing may be sold. */
export class FoodGuard {
	readonly #options: FoodGuardOptions;
	readonly #settings: FoodSettings;
	readonly #thermometer: DS18B20;
	#state: FoodState;
	#started: FoodTransition | undefined;
	#reason: FoodLock;
	#toldReason: FoodLock | undefined;
	#cleared: ClearRefusal | "" = "not-locked";
	#centidegrees: number | undefined;
	#alarm: TimerHandle | undefined;
	#closed = false;

	/** Reads the store, and takes the thermometer's pins. Calls nobody before `begin`. */
	constructor(options: FoodGuardOptions) {
		const { host, configuration } = options;
		this.#options = options;
		this.#settings = { limitCentidegrees: configuration.limitCentidegrees };
		this.#started = startFood(readRecord(host.storage, KEY, decodeFoodRecord), host.ticks());
		this.#state = this.#started.state;
		this.#reason = this.#state.record.lock;
		this.#thermometer = new DS18B20({
			bus: { io: host.io.Serial, receive: configuration.receive, transmit: configuration.transmit },
			timer: host.timer,
			periodMs: PERIOD_MS,
			// The machine has a minute of patience of its own; what is not heard counts as warm.
			failures: 1,
			onSample: () => this.#sampled(),
		});
	}

	/** Says whether it locks, and begins to watch. A second call does nothing. */
	begin(): void {
		const started = this.#started;
		this.#started = undefined;
		if (started !== undefined && !this.#closed) this.#follow(started);
	}

	/** Why nothing is sold; "" when nothing stands against it. */
	get reason(): FoodLock {
		return this.#reason;
	}

	/** The last reading, in hundredths of a degree Celsius; `undefined` when there was none. */
	get centidegrees(): number | undefined {
		return this.#centidegrees;
	}

	/** `thermometer` while it says nothing sound. */
	get faults(): readonly string[] {
		return this.#thermometer.sample()?.faults === undefined ? [] : ["thermometer"];
	}

	/** Every closing of the door. */
	doorClosed(): void {
		this.#send({ type: "door-closed", atMs: this.#options.host.ticks() });
	}

	/** A person begins or ends to serve the machine. */
	service(on: boolean): void {
		this.#send({ type: "service", on, atMs: this.#options.host.ticks() });
	}

	/** Where something tells of it: the refrigeration warms itself up. */
	defrost(on: boolean): void {
		this.#send({ type: "defrost", on, atMs: this.#options.host.ticks() });
	}

	/** A person has looked at the food. Returns "" when it sells again, and else why it does not. */
	clear(): ClearRefusal | "" {
		this.#cleared = "storage";
		this.#send({ type: "clear", atMs: this.#options.host.ticks() });
		return this.#cleared;
	}

	/** A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#thermometer.close();
		if (this.#alarm !== undefined) this.#options.host.timer.clear(this.#alarm);
	}

	#sampled(): void {
		const sample = this.#thermometer.sample();
		const celsius = sample?.faults === undefined ? sample?.temperature : undefined;
		this.#centidegrees = celsius === undefined ? undefined : Math.round(celsius * 100);
		this.#send({ type: "sample", centidegrees: this.#centidegrees, atMs: this.#options.host.ticks() });
		this.#options.onTemperature?.(this.#centidegrees);
	}

	#send(event: FoodEvent): void {
		this.begin();
		if (!this.#closed) this.#follow(transitionFood(this.#state, event, this.#settings));
	}

	#follow(step: FoodTransition): void {
		const { host } = this.#options;
		this.#state = step.state;
		for (const effect of step.effects) {
			switch (effect.type) {
				case "persist": {
					const problem = writeRecord(host.storage, KEY, encodeFoodRecord(effect.record));
					if (problem !== undefined) {
						host.log("storage.failed", { message: problem });
						this.#follow(transitionFood(this.#state, { type: "storage-failed", atMs: host.ticks() }, this.#settings));
						return;
					}
					break;
				}
				case "lock":
					this.#tell(effect.reason);
					break;
				case "cleared":
					this.#cleared = effect.reason;
					break;
				case "alarm":
					this.#setAlarm(effect.milliseconds);
					break;
			}
		}
	}

	#tell(reason: FoodLock): void {
		this.#reason = reason;
		if (reason === this.#toldReason) return;
		this.#toldReason = reason;
		this.#options.host.log("food.lock", { reason, centidegrees: this.#centidegrees });
		this.#options.onLock(reason);
	}

	#setAlarm(milliseconds: number | undefined): void {
		const { host } = this.#options;
		if (this.#alarm !== undefined) host.timer.clear(this.#alarm);
		this.#alarm = undefined;
		if (milliseconds === undefined) return;
		this.#alarm = host.timer.set(() => {
			this.#alarm = undefined;
			this.#send({ type: "elapsed", atMs: host.ticks() });
		}, milliseconds);
	}
}
