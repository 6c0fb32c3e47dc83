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
		/** From an arbitrary moment on; never wraps. Of the manifest modules/base/microseconds. */
		readonly microseconds: number;
		/** Seconds since 1970. */
		set(seconds: number): void;
		delta(from: number, to: number): number;
	};
	export default time;
}

declare module "resetReason" {
	export default function resetReason(): { readonly reason: number; readonly string: string };
}

declare module "embedded:network/interface/wifi" {
	import type { WiFiInterface } from "@visionvend/firmware/moddable/wifi-station";

	const WiFi: { new (options: { readonly onChanged?: (property: string) => void }): WiFiInterface };
	export default WiFi;
}

declare module "embedded:network/mqtt/client" {
	import type { ModdableClientConstructor } from "@visionvend/firmware/moddable/mqtt-session";

	const MQTTClient: ModdableClientConstructor;
	export default MQTTClient;
}

declare module "embedded:network/dns/resolver/udp" {
	import type { ResolverConstructor } from "@visionvend/firmware/moddable/mqtt-session";

	const Resolver: ResolverConstructor;
	export default Resolver;
}

declare module "embedded:io/socket/tcp" {
	/** Only handed on. */
	const TCP: object;
	export default TCP;
}

declare module "embedded:io/socket/udp" {
	const UDP: object;
	export default UDP;
}

declare module "embedded:io/socket/tcp/tls" {
	const TLSSocket: object;
	export default TLSSocket;
}

declare module "net" {
	const Net: {
		/** Addresses of the name servers that the network has named. */
		get(property: "DNS"): readonly string[];
	};
	export default Net;
}

declare module "sntp" {
	export default class SNTP {
		/** Asks until it has an answer, some times. `value` are seconds since 1970 when `message` is `SNTP.time`. */
		constructor(options: { readonly host: string }, callback: (message: number, value?: number | string) => void);
		static readonly time: number;
	}
}

declare module "mc/ffi" {
	import type { NativeFirmware } from "@visionvend/firmware/moddable/native-slots";

	/** The functions that manifest.json lists under `ffi`. */
	export default class FFI implements NativeFirmware {
		vv_firmware_running(): number;
		vv_firmware_on_trial(): number;
		vv_firmware_slot_bytes(): number;
		vv_firmware_erase(offset: number, byteLength: number): number;
		vv_firmware_write(offset: number, bytes: ArrayBuffer, from: number, byteLength: number): number;
		vv_firmware_digest(byteLength: number, digest: ArrayBuffer): number;
		vv_firmware_verify(publicKey: ArrayBuffer, digest: ArrayBuffer, signature: ArrayBuffer): number;
		vv_firmware_activate(): number;
		vv_firmware_confirm(): number;
		vv_firmware_reject(): number;
		bootloader_random_disable(): void;
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
