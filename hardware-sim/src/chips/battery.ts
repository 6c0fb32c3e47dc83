import type { SeededRandom } from "../random.ts";

/** What an ESP32-S3's converter adds by itself, at the pin. An assumption: not measured here. */
const usualNoiseVolts = 0.002;

export interface BatteryChipOptions {
	readonly random: SeededRandom;
	/** Without a load, in volts. */
	readonly volts: number;
	/** What it drops by for each ampere: cells, fuse and cable. 0.1 Ω where not given. */
	readonly internalOhms?: number;
	/** Supply to pin, and pin to ground. */
	readonly divider: { readonly upperOhms: number; readonly lowerOhms: number };
	/** Standard deviation at the pin. 2 mV where not given. */
	readonly noiseVolts?: number;
}

/**
 * A battery or a power supply, with what draws on it, behind a divider. Solder it with
 * `board.setVoltage(1, battery.output)`, and a lock with `lock.onCurrent((on) => battery.setLoad("lock", on ? 1.2 : 0))`.
 */
export class BatteryChip {
	readonly #random: SeededRandom;
	readonly #internalOhms: number;
	readonly #share: number;
	readonly #noiseVolts: number;
	readonly #loads = new Map<string, number>();
	#volts: number;
	#isConnected = true;

	constructor(options: BatteryChipOptions) {
		const { upperOhms, lowerOhms } = options.divider;
		if (!(upperOhms > 0 && lowerOhms > 0))
			throw new RangeError(`BatteryChip: the divider's resistors are above 0 Ω, not ${upperOhms} and ${lowerOhms}.`);
		this.#random = options.random;
		this.#volts = options.volts;
		this.#internalOhms = options.internalOhms ?? 0.1;
		this.#share = lowerOhms / (upperOhms + lowerOhms);
		this.#noiseVolts = options.noiseVolts ?? usualNoiseVolts;
	}

	/** Volts at the middle of the divider, with noise: a source for `Board.setVoltage`. */
	readonly output = (): number => {
		const noise = this.#noiseVolts === 0 ? 0 : this.#noiseVolts * this.#random.gaussian();
		return (this.#isConnected ? this.supplyVolts * this.#share : 0) + noise;
	};

	/** Volts at the terminals, under the loads of this moment. */
	get supplyVolts(): number {
		let amperes = 0;
		for (const load of this.#loads.values()) amperes += load;
		return Math.max(0, this.#volts - amperes * this.#internalOhms);
	}

	/** Charge: the voltage without a load. */
	setVolts(volts: number): void {
		this.#volts = volts;
	}

	/** What a consumer draws now; 0 is nothing. */
	setLoad(name: string, amperes: number): void {
		if (!(amperes >= 0)) throw new RangeError(`BatteryChip: a load is 0 A or more, not ${amperes}.`);
		this.#loads.set(name, amperes);
	}

	/** False: the wire from the supply to the divider is off, and the lower resistor pulls the pin to ground. */
	setConnected(connected: boolean): void {
		this.#isConnected = connected;
	}
}
