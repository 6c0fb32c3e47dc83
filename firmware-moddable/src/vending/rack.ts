import { DispenseMotor, type DispenseResult } from "@visionvend/drivers/dispense-motor";
import type { ConfiguredVending } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import type { Deliverer, DeliveryDone } from "./deliverer.ts";

/** The driver's test of the drop sensor, and timers that are late. */
const MARGIN_MS = 5_000;

/** The spirals of a vending machine: slot n is turned by motor n, and the drop sensor says whether something fell. */
export class Rack implements Deliverer {
	readonly #host: ControllerHost;
	readonly #motors: DispenseMotor;

	constructor(host: ControllerHost, { motors, home, drop, emitter }: ConfiguredVending) {
		const { Digital } = host.io;
		this.#host = host;
		this.#motors = new DispenseMotor({
			motors: motors.map((pin) => ({ io: Digital, pin })),
			home: [{ io: Digital, pin: home }],
			drop: { io: Digital, pin: drop },
			...(emitter === undefined ? {} : { emitter: { io: Digital, pin: emitter } }),
			timer: host.timer,
		});
	}

	get longestMs(): number {
		const { attempts, turnTimeoutMs, dropWindowMs } = this.#motors.configuration;
		return attempts * (turnTimeoutMs + dropWindowMs) + MARGIN_MS;
	}

	/** `home`, `drop-sensor`, and `slot-3` where that spiral did not come home. */
	get faults(): readonly string[] {
		const { faults } = this.#motors.sample();
		if (faults === undefined) return [];
		const names = (faults.jammed ?? []).map((slot) => `slot-${slot}`);
		if (faults.home === true) names.push("home");
		if (faults.dropSensor !== undefined) names.push("drop-sensor");
		return names;
	}

	obstacle(slots: readonly number[]): string {
		return slots.every((slot) => slot < this.#motors.slots) ? "" : "unknown-slot";
	}

	deliver(slot: number, done: DeliveryDone): void {
		this.#motors.dispense(slot, (result) => {
			this.#host.log("rack.turned", { slot, outcome: result.outcome, turns: result.turns });
			tell(result, done);
		});
	}

	stop(): void {
		this.#motors.stop();
	}

	close(): void {
		this.#motors.close();
	}
}

function tell({ outcome, turns }: DispenseResult, done: DeliveryDone): void {
	if (outcome === "dropped") done("delivered", "");
	else if (outcome === "sensor-failed") done("failed", "drop-sensor");
	// A turn that was broken off may have let something fall before or after anybody looked.
	else if ((outcome === "hardware" || outcome === "stopped") && turns > 0) done("unknown", outcome);
	else done("failed", outcome);
}
