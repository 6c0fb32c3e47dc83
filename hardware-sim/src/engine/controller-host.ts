import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";

export interface ControllerHost {
	readonly io: {
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly SPI: SPIConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
	};
	readonly timer: Timer;
	readonly storage: KeyValue;
	ticks(): number;
	random(byteLength: number): Uint8Array;
	log(event: string, detail: object): void;
	readonly resetReason: string;
	restart(): void;
}
