import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";

/** A board with one part on it, on whatever host. */
export interface ConformanceHost {
	readonly io: {
		readonly Analog: AnalogConstructor;
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
		readonly SPI: SPIConstructor;
	};
	readonly timer: Timer;
}

/** What every driver has (ECMA-419 clause 13, "Peripheral class pattern"). */
export interface ConformingDriver {
	configure(options: object): void;
	readonly configuration: object;
	readonly identification: { readonly model: string; readonly classification: string };
	/** Sensors have it: a new object, or `undefined` when there is nothing yet. */
	sample?(): object | undefined;
	close(): void;
}

/** One driver as the rules need it: how to open it, and how to misuse it. */
export interface DriverSubject {
	/** Name of the folder: `hx711`. */
	readonly part: string;
	/** Options that work, on the pins of the part's `wiring.json`. */
	options(host: ConformanceHost): object;
	open(options: object): ConformingDriver;
	/** Each one, spread over `options`, makes them bad: the constructor throws before it touches a pin. */
	readonly bad: readonly object[];
	/** Every method but `close`, ready to be called. Methods that take callbacks get `callback` for all of them. */
	use(driver: ConformingDriver, callback?: () => void): readonly (() => unknown)[];
	/** Arguments of `configure` that may be given twice. */
	readonly repeats?: readonly object[];
}
