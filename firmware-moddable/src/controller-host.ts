import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";

/** All that the firmware knows of the board that it runs on. Nothing else of the outside is ever touched. */
export interface ControllerHost {
	readonly io: {
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly SPI: SPIConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
	};
	readonly timer: Timer;
	/** Survives power cuts. */
	readonly storage: KeyValue;
	/** Whole milliseconds since power-up; never goes back. */
	ticks(): number;
	/** Bytes that nobody can foretell. */
	random(byteLength: number): Uint8Array;
	/** For people and tests. `detail` is plain data. */
	log(event: string, detail: object): void;
	/** Why the board started: `power-on`, `watchdog`, `panic` … */
	readonly resetReason: string;
	/** Starts the board anew. */
	restart(): void;
}
