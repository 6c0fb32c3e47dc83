import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import { type BoardHost, closedError, pinName, requirePin } from "./board-host.ts";

/** ESP32-S3 datasheet, "ADC Characteristics": 12 bits. */
const resolution = 12;
const highestCode = 2 ** resolution - 1;
/**
 * What the highest code stands for, at 12 dB of attenuation. A real part is linear up to 3.1 V only (ESP-IDF programming
 * guide, "Analog to Digital Converter", attenuation): size a divider for less than that.
 */
export const analogFullScaleVolts = 3.3;
/** One conversion through ESP-IDF's one-shot driver, its lock and set-up included. An assumption: not measured here. */
const conversionNs = 40_000;
/** ADC1 is GPIO1 to GPIO10, ADC2 GPIO11 to GPIO20 (ESP32-S3 datasheet, "Analog Pins"). */
const firstPin = 1;
const lastPin = 20;

/** Throws where the pin has no way to a converter. */
export function requireAnalogPin(owner: string, pin: PinSpecifier): void {
	if (typeof pin === "number" && pin >= firstPin && pin <= lastPin) return;
	throw new RangeError(
		`${owner}: ${pinName(pin)} cannot measure a voltage. ADC1 is GPIO1 to GPIO10, ADC2 GPIO11 to GPIO20.`,
	);
}

/** ECMA-419 clause 10.3. The converter takes what `Board.setVoltage` says at the start of the conversion, and holds it. */
export function createAnalog(host: BoardHost): AnalogConstructor {
	return class SimulatedAnalog implements Analog {
		readonly resolution = resolution;
		readonly #owner: string;
		readonly #pin: PinSpecifier;
		#release: (() => void) | undefined;

		constructor(options: AnalogOptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("Analog: options are required.");
			this.#pin = requirePin("Analog", "pin", options.pin);
			requireAnalogPin("Analog", this.#pin);
			this.#owner = `Analog on ${pinName(this.#pin)}`;
			this.#release = host.claim("Analog", [this.#pin], () => this.#letGo());
		}

		read(): number {
			if (this.#release === undefined) throw closedError(this.#owner);
			const code = Math.floor((host.voltage(this.#pin) / analogFullScaleVolts) * (highestCode + 1));
			host.access(conversionNs);
			return Math.max(0, Math.min(highestCode, code));
		}

		close(): void {
			this.#release?.();
			this.#letGo();
		}

		#letGo(): void {
			this.#release = undefined;
		}
	};
}
