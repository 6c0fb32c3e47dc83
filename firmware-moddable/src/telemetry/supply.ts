import { Battery } from "@visionvend/drivers/battery";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { ConfiguredBattery } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";

const PERIOD_MS = 5_000;
/** So many measurements in a row have to say so: longer than the coil of the lock, which pulls the supply down, is on. */
const AGREEING = 3;
/** How far above the limit the supply has to come before the machine sells again. */
const RECOVERY_MILLIVOLTS = 200;

export interface SupplyOptions {
	readonly host: ControllerHost;
	readonly configuration: ConfiguredBattery;
	/** Low or no longer low, measurable or no longer so. */
	onChange(): void;
}

/** Watches over the supply: below its limit the machine sells no more, so that no door is left open by a dead battery. */
export class Supply {
	readonly #options: SupplyOptions;
	readonly #battery: Battery;
	readonly #timer: TimerHandle;
	#millivolts: number | undefined;
	#isLow = false;
	/** Measurements in a row that speak against `isLow`. */
	#against = 0;
	#closed = false;

	/** Takes the pin, and measures at once. */
	constructor(options: SupplyOptions) {
		const { host, configuration } = options;
		const { pin, upperOhms, lowerOhms } = configuration;
		this.#options = options;
		this.#battery = new Battery({ input: { io: host.io.Analog, pin }, divider: { upperOhms, lowerOhms } });
		this.#millivolts = this.#measure();
		this.#isLow = this.#millivolts !== undefined && this.#millivolts < configuration.lowMillivolts;
		this.#timer = host.timer.repeat(() => this.#look(), PERIOD_MS);
	}

	/** At the last measurement; `undefined` when it could not be trusted. */
	get millivolts(): number | undefined {
		return this.#millivolts;
	}

	get isLow(): boolean {
		return this.#isLow;
	}

	/** `battery` while it cannot be measured, `low-battery` below the limit. */
	get faults(): readonly string[] {
		if (this.#isLow) return ["low-battery"];
		return this.#millivolts === undefined ? ["battery"] : [];
	}

	/** A second call does nothing. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#options.host.timer.clear(this.#timer);
		this.#battery.close();
	}

	#look(): void {
		const { lowMillivolts } = this.#options.configuration;
		const before = this.#millivolts;
		const now = this.#measure();
		this.#millivolts = now;
		const limit = lowMillivolts + (this.#isLow ? RECOVERY_MILLIVOLTS : 0);
		// Nothing is as good as what was known: a broken divider does not stop the sales.
		const speaksAgainst = now !== undefined && now < limit !== this.#isLow;
		this.#against = speaksAgainst ? this.#against + 1 : 0;
		const isTurning = this.#against >= AGREEING;
		if (isTurning) {
			this.#isLow = !this.#isLow;
			this.#against = 0;
			this.#options.host.log("supply.changed", { millivolts: now, low: this.#isLow });
		}
		if (isTurning || (now === undefined) !== (before === undefined)) this.#options.onChange();
	}

	#measure(): number | undefined {
		const { millivolts, faults } = this.#battery.sample();
		return faults === undefined ? millivolts : undefined;
	}
}
