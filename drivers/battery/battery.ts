/*
	Supply voltage behind a divider of two resistors
	Any analog-to-digital converter; on an ESP32-S3 ADC1, GPIO1 to GPIO10
	https://docs.espressif.com/projects/esp-idf/en/latest/esp32s3/api-reference/peripherals/adc/index.html
*/
import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { Connection } from "@visionvend/sdk/device/io/io";

export interface BatteryDivider {
	/** From the supply to the pin, 1 to 10,000,000. */
	readonly upperOhms: number;
	/** From the pin to ground, 1 to 10,000,000. */
	readonly lowerOhms: number;
}

export interface BatteryOptions {
	readonly input: Connection<AnalogConstructor> & AnalogOptions;
	readonly divider: BatteryDivider;
	/** What the converter's full scale stands for, 1 to 10,000 mV. 3,300 where not given. */
	readonly referenceMillivolts?: number;
	/** Conversions that a sample is the mean of, 1 to 64. 8 where not given. */
	readonly conversions?: number;
}

export interface BatteryFaults {
	/** Hardly a voltage: the divider is not connected to the supply, or shorted to ground. */
	disconnected?: true;
	/** The converter is at its end: the supply is higher than the divider was made for, or its lower resistor is open. */
	saturated?: true;
}

/** `low`: below `lowMillivolts`. `critical`: below `criticalMillivolts`. */
export type BatteryLevel = "normal" | "low" | "critical";

export interface BatterySample {
	/** Of the supply, before the divider. */
	millivolts: number;
	/** With the hysteresis in it. Not there when the voltage cannot be trusted. */
	level?: BatteryLevel;
	/** Only there when something was wrong with this measurement. */
	faults?: BatteryFaults;
}

export interface BatteryConfiguration {
	/** 0: no level is low. */
	readonly lowMillivolts: number;
	/** 0: no level is critical. */
	readonly criticalMillivolts: number;
	/** How far above a threshold the supply has to come to leave its level. */
	readonly hysteresisMillivolts: number;
}

const highestOhms = 10_000_000;
const highestMillivolts = 60_000;
const mostConversions = 64;
/** Less than this share of full scale is no supply that could feed a controller. */
const disconnectedShare = 0.02;

/** Supply voltage, ECMA-419 sensor class pattern (our class `Voltage`). */
export class Battery {
	readonly #conversions: number;
	/** Millivolts of the supply at full scale. */
	readonly #fullMillivolts: number;
	#input: Analog | undefined;
	#lowMillivolts = 0;
	#criticalMillivolts = 0;
	#hysteresisMillivolts = 200;
	#level: BatteryLevel = "normal";

	constructor(options: BatteryOptions) {
		const { input, divider, referenceMillivolts = 3_300, conversions = 8 } = options;
		if (typeof input?.io !== "function") throw new TypeError('Battery: option "input" is { io: Analog, pin }.');
		if (typeof divider !== "object" || divider === null)
			throw new TypeError('Battery: option "divider" is { upperOhms, lowerOhms }.');
		const { upperOhms, lowerOhms } = divider;
		check("divider.upperOhms", upperOhms, 1, highestOhms);
		check("divider.lowerOhms", lowerOhms, 1, highestOhms);
		check("referenceMillivolts", referenceMillivolts, 1, 10_000);
		check("conversions", conversions, 1, mostConversions);
		this.#conversions = conversions;
		this.#fullMillivolts = (referenceMillivolts * (upperOhms + lowerOhms)) / lowerOhms;
		this.#input = new input.io({ ...input });
	}

	/** Changes what it is given. A level that holds is judged anew with the next sample. */
	configure(options: Partial<BatteryConfiguration>): void {
		this.#requireOpen();
		const {
			lowMillivolts = this.#lowMillivolts,
			criticalMillivolts = this.#criticalMillivolts,
			hysteresisMillivolts = this.#hysteresisMillivolts,
		} = options;
		check("lowMillivolts", lowMillivolts, 0, highestMillivolts);
		check("criticalMillivolts", criticalMillivolts, 0, highestMillivolts);
		check("hysteresisMillivolts", hysteresisMillivolts, 0, highestMillivolts);
		if (criticalMillivolts > lowMillivolts)
			throw new RangeError(
				`Battery: criticalMillivolts is at most lowMillivolts, ${lowMillivolts}, not ${criticalMillivolts}.`,
			);
		this.#lowMillivolts = lowMillivolts;
		this.#criticalMillivolts = criticalMillivolts;
		this.#hysteresisMillivolts = hysteresisMillivolts;
	}

	/** Measures now: `conversions` conversions, one after the other. */
	sample(): BatterySample {
		const input = this.#requireOpen();
		const full = 2 ** input.resolution - 1;
		let sum = 0;
		let isSaturated = false;
		for (let i = 0; i < this.#conversions; i++) {
			const code = input.read();
			sum += code;
			if (code >= full) isSaturated = true;
		}
		const share = sum / this.#conversions / full;
		const millivolts = Math.round(share * this.#fullMillivolts);
		if (isSaturated) return { millivolts, faults: { saturated: true } };
		if (share < disconnectedShare) return { millivolts, faults: { disconnected: true } };
		this.#level = this.#judge(millivolts);
		return { millivolts, level: this.#level };
	}

	get configuration(): BatteryConfiguration {
		return {
			lowMillivolts: this.#lowMillivolts,
			criticalMillivolts: this.#criticalMillivolts,
			hysteresisMillivolts: this.#hysteresisMillivolts,
		};
	}

	get identification(): { readonly model: "Resistor divider"; readonly classification: "Voltage" } {
		return { model: "Resistor divider", classification: "Voltage" };
	}

	close(): void {
		this.#input?.close();
		this.#input = undefined;
	}

	/** A level is entered at its threshold and left only above it. */
	#judge(millivolts: number): BatteryLevel {
		const margin = this.#hysteresisMillivolts;
		const critical = this.#criticalMillivolts + (this.#level === "critical" ? margin : 0);
		if (this.#criticalMillivolts > 0 && millivolts < critical) return "critical";
		const low = this.#lowMillivolts + (this.#level === "normal" ? 0 : margin);
		return this.#lowMillivolts > 0 && millivolts < low ? "low" : "normal";
	}

	#requireOpen(): Analog {
		if (this.#input === undefined) throw new Error("Battery is closed. Make a new instance.");
		return this.#input;
	}
}

function check(name: string, value: unknown, lowestValue: number, highestValue: number): void {
	if (!Number.isInteger(value) || Number(value) < lowestValue || Number(value) > highestValue)
		throw new RangeError(
			`Battery: ${name} is an integer from ${lowestValue} to ${highestValue}, not ${String(value)}.`,
		);
}
