import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { MQTTConstructor } from "@visionvend/sdk/device/io/mqtt";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { Timer } from "@visionvend/sdk/device/io/timer";

/** All that the firmware knows of the board that it runs on. Nothing else of the outside is ever touched. */
export interface ControllerHost {
	readonly io: {
		readonly Analog: AnalogConstructor;
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly SPI: SPIConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
	};
	readonly timer: Timer;
	/** MQTT over the board's own network; `undefined` where it has none. */
	readonly mqtt?: MQTTConstructor;
	/**
	 * Joins a Wi-Fi network, and joins it again whenever it is lost. Returns at once: sessions of `mqtt` end with `lost`
	 * while there is no network. `undefined` where the board has no Wi-Fi.
	 */
	readonly joinWiFi?: (ssid: string, password: string) => void;
	/** Where firmware lies; `undefined` where it cannot be exchanged. */
	readonly firmware?: FirmwareSlots;
	/** Survives power cuts. */
	readonly storage: KeyValue;
	/** Whole milliseconds since power-up; never goes back. */
	ticks(): number;
	/** Microseconds of a clock that only goes forward, good to a few of them: tells whether a pulse was too long. */
	microseconds(): number;
	/** Bytes that nobody can foretell. */
	random(byteLength: number): Uint8Array;
	/** Bytes of RAM that nothing uses. */
	memoryFree(): number;
	/** dBm of the board's own radio; `undefined` without one, or while it is off. */
	signalStrength(): number | undefined;
	/** For people and tests. `detail` is plain data. */
	log(event: string, detail: object): void;
	/** Why the board started: `power-on`, `watchdog`, `panic` … */
	readonly resetReason: string;
	/** Starts the board anew. */
	restart(): void;
}
