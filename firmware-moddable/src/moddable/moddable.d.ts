// The few modules of the Moddable SDK 8 that main.ts imports, in their own words and no more. The package with the
// SDK's typings on npm is three versions behind it.

declare module "embedded:provider/builtin" {
	import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
	import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
	import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
	import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
	import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
	import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";

	const device: {
		readonly io: {
			readonly Analog: AnalogConstructor;
			readonly Digital: DigitalConstructor;
			readonly I2C: I2CConstructor;
			readonly SPI: SPIConstructor;
			readonly PWM: PWMConstructor;
			readonly Serial: SerialConstructor;
		};
	};
	export default device;
}

declare module "embedded:storage/key-value" {
	import type { KeyValue } from "@visionvend/sdk/device/io/key-value";

	const storage: { open(options: { readonly path: string; readonly format: "buffer" }): KeyValue };
	export default storage;
}

declare module "timer" {
	import type { Timer } from "@visionvend/sdk/device/io/timer";

	const timer: Timer;
	export default timer;
}

declare module "time" {
	const time: {
		/** Milliseconds, a signed 32-bit integer that wraps. */
		readonly ticks: number;
		delta(from: number, to: number): number;
	};
	export default time;
}

declare module "resetReason" {
	export default function resetReason(): { readonly reason: number; readonly string: string };
}

declare module "mc/ffi" {
	/** The functions that manifest.json lists under `ffi`. */
	export default class FFI {
		esp_random(): number;
		esp_restart(): void;
		esp_get_free_heap_size(): number;
		bootloader_random_enable(): void;
	}
}

declare module "mc/config" {
	const config: Readonly<Record<string, unknown>>;
	export default config;
}

/** Writes to the debugger, or nowhere in a release build. */
declare function trace(...texts: string[]): void;
