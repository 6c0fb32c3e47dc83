import { RestockButton } from "@visionvend/drivers/restock-button";
import type { Digital } from "@visionvend/sdk/device/io/digital";
import type { ControllerConfiguration, HealthBody } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "./controller-host.ts";
import { Dispenser } from "./dispenser.ts";
import { Feedback } from "./feedback.ts";
import { FoodGuard } from "./food/food-guard.ts";
import { Fridge } from "./fridge/fridge.ts";
import type { MachineEvents } from "./machine.ts";
import { Screen } from "./screen.ts";
import { Supply } from "./telemetry/supply.ts";

export interface PartsEvents extends MachineEvents {
	/** The thermometer among the food has been read; `undefined` when it said nothing sound. */
	onTemperature(centidegrees: number | undefined): void;
}

/** All that can be touched: the machine itself, and what stands around it. */
export class Parts {
	readonly machine: Fridge | Dispenser;
	readonly feedback: Feedback;
	readonly screen: Screen;
	/** Where food is watched over. */
	readonly food: FoodGuard | undefined;
	/** Where the supply is measured. */
	readonly supply: Supply | undefined;
	readonly #host: ControllerHost;
	readonly #piSignal: Digital;
	readonly #button: RestockButton | undefined;

	/** Takes the pins, the lock's first of all. Calls nobody before `begin`. Throws where a part cannot be had. */
	constructor(host: ControllerHost, configuration: ControllerConfiguration, events: PartsEvents) {
		const { Digital } = host.io;
		const { kind, pins, languages, foodSafety, battery } = configuration;
		this.#host = host;
		const machine =
			kind === "fridge" ? new Fridge(host, configuration, events) : new Dispenser(host, configuration, events);
		this.machine = machine;
		this.#piSignal = new Digital({ pin: pins.piSignal, mode: Digital.Output, initialValue: 0 });
		this.feedback = new Feedback(host, configuration);
		this.screen = new Screen({ host, feedback: this.feedback, language: languages[0] ?? "en" });
		if (pins.restockButton !== undefined) {
			this.#button = new RestockButton({
				button: { io: Digital, pin: pins.restockButton },
				timer: host.timer,
				onPress: () => machine.openAgain(),
				onHold: () => machine.endService(),
			});
		}
		if (foodSafety !== undefined) {
			this.food = new FoodGuard({
				host,
				configuration: foodSafety,
				onLock: (reason) => machine.setHealthLock(reason !== ""),
				onTemperature: (centidegrees) => events.onTemperature(centidegrees),
			});
		}
		if (battery !== undefined) {
			this.supply = new Supply({ host, configuration: battery, onChange: () => events.onChange() });
		}
	}

	begin(): void {
		this.machine.begin();
		this.food?.begin();
	}

	/** The supply is too low to sell. */
	get isLow(): boolean {
		return this.supply?.isLow === true;
	}

	/** The pin to the pi and the screen follow the machine. */
	show(): void {
		const { record, inSession } = this.machine;
		this.#piSignal.write(inSession ? 1 : 0);
		this.screen.show(record.phase === "locked" && this.isLow ? "low-battery" : record.phase, inSession);
	}

	/** All that is known not to work, by name. */
	get faults(): readonly string[] {
		const { machine, food, supply, feedback } = this;
		const faults = [...machine.faults];
		if (machine.failed) faults.push("storage");
		if (food !== undefined) faults.push(...food.faults);
		if (supply !== undefined) faults.push(...supply.faults);
		if (this.#button?.sample().faults !== undefined) faults.push("restock-button");
		faults.push(...feedback.faults);
		return faults;
	}

	/** How everything is. What the machine does not have is left out. */
	health(signalDbm: number | undefined): HealthBody {
		const { record, doorClosed, massesMilligrams, bins } = this.machine;
		const supplyMillivolts = this.supply?.millivolts;
		const temperatureCentidegrees = this.food?.centidegrees;
		return {
			uptimeMs: this.#host.ticks(),
			boot: record.boot,
			doorClosed,
			massesMilligrams,
			phase: record.phase,
			resetReason: this.#host.resetReason,
			memoryFreeBytes: this.#host.memoryFree(),
			...(supplyMillivolts === undefined ? undefined : { supplyMillivolts }),
			...(temperatureCentidegrees === undefined ? undefined : { temperatureCentidegrees }),
			...(signalDbm === undefined ? undefined : { signalDbm }),
			...(bins === undefined ? undefined : { bins }),
			faults: this.faults,
		};
	}

	/** Locks, and lets go of everything. A second call does nothing. */
	close(): void {
		this.machine.close();
		this.#button?.close();
		this.food?.close();
		this.supply?.close();
		this.screen.close();
		this.feedback.close();
		this.#piSignal.close();
	}
}
