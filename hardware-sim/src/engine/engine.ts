import type { AnalogConstructor } from "@visionvend/sdk/device/io/analog";
import type { DigitalConstructor } from "@visionvend/sdk/device/io/digital";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import type { I2CConstructor } from "@visionvend/sdk/device/io/i2c";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { MQTTConstructor } from "@visionvend/sdk/device/io/mqtt";
import type { PWMConstructor } from "@visionvend/sdk/device/io/pwm";
import type { SerialConstructor } from "@visionvend/sdk/device/io/serial";
import type { SPIConstructor } from "@visionvend/sdk/device/io/spi";
import type { SimulationClock } from "../clock.ts";

/** What the memory of a device went through since it was switched on. Peaks are over that whole time. */
export interface EngineStatistics {
	/** Slots in use at the worst moment. Counts garbage that was not collected yet, so it is never below the need. */
	readonly slotsPeak: number;
	/** Slots that survived or were made since the last collection, at the end of the last event. */
	readonly slotsUsed: number;
	readonly slotsBudget: number;
	/** Bytes of a slot: 16 as on the ESP32-S3, 32 where the engine is a 64-bit program. */
	readonly slotBytes: 16 | 32;
	/** Chunk bytes (strings, buffers, arrays) in use at the worst moment; like `slotsPeak`. */
	readonly chunksPeak: number;
	readonly chunksUsed: number;
	readonly chunksBudget: number;
	/** Deepest JavaScript stack, in slots. */
	readonly stackPeak: number;
	readonly stackBudget: number;
	/** Names (properties, symbols) that are not in ROM. */
	readonly keys: number;
	/** Collections of garbage. Those that a full heap forced are not counted. */
	readonly collections: number;
	/** XS's measure of work: about one for every bytecode instruction. */
	readonly computrons: number;
	/** What is shared in ROM: built-ins and preloaded modules. It costs the device no RAM. */
	readonly rom: { readonly slots: number; readonly chunkBytes: number; readonly bytecodeBytes: number };
}

/**
 * Why a device stopped by itself: out of `memory`; out of `stack`; `watchdog`, one event took too long; `exception`, a
 * callback of the firmware threw; `restart`, the firmware asked for it; `crash`, XS wrote to ROM or its process died.
 */
export type ResetReason = "memory" | "stack" | "watchdog" | "exception" | "restart" | "crash";

/** RAM of the device's JavaScript. */
export interface EngineBudget {
	readonly slots: number;
	readonly chunkBytes: number;
	readonly stackSlots: number;
}

/** What the Moddable SDK gives to an application on an ESP32-S3 unless its manifest says otherwise. */
export const esp32s3Budget: EngineBudget = Object.freeze({ slots: 4_928, chunkBytes: 78_848, stackSlots: 512 });

/** One operation of the device on its hardware, as both engines see it. */
export interface BridgeOperation {
	readonly operation: number;
	readonly a: number;
	readonly b: number;
	readonly bytes: Uint8Array | undefined;
	/** NaN or `null` when it failed. */
	readonly result: number | Uint8Array | undefined | null;
}

/** The network that a device is attached to. What it calls back comes on the clock's script lane. */
export interface EngineNetwork {
	/** One instance is one attempt at one session. */
	readonly MQTT: MQTTConstructor;
	/** The device joins a Wi-Fi network. A network that has none takes no notice. */
	joinWiFi?(ssid: string, password: string): void;
	/** dBm; `undefined` while nothing is received. */
	signalStrength?(): number | undefined;
}

/** The IO classes of a board, `Board` for one. */
export interface EngineBoard {
	readonly io: {
		readonly Analog: AnalogConstructor;
		readonly Digital: DigitalConstructor;
		readonly I2C: I2CConstructor;
		readonly SPI: SPIConstructor;
		readonly PWM: PWMConstructor;
		readonly Serial: SerialConstructor;
	};
}

export interface EngineOptions {
	readonly board: EngineBoard;
	readonly clock: SimulationClock;
	/** The device's flash. It belongs to the caller and outlives the engine. */
	readonly storage: KeyValue;
	readonly random: (byteLength: number) => Uint8Array;
	/** Without one the device has no radio. Its sessions are closed when the engine stops. */
	readonly network?: EngineNetwork;
	/** Where the device's firmware lies. It belongs to the caller and outlives the engine. */
	readonly firmware?: FirmwareSlots;
	/**
	 * Bytes of RAM that the device says are free. By default those of an empty device, in both engines: with what XS
	 * measures the two would say different things.
	 */
	readonly memoryFree?: () => number;
	/** What the firmware logs; `detail` is JSON. `fault`, with `reason` and `message`, is the engine's own event. */
	readonly log: (event: string, detail: string) => void;
	/** Why the device starts: `power-on`, or the reason of the last reset. */
	readonly resetReason: string;
	/**
	 * The device stopped by itself and runs no more. The caller resets the board and makes a new engine, after a delay
	 * on the clock: firmware that fails at every boot would otherwise never end.
	 */
	readonly onReset: (reason: ResetReason) => void;
	/** Default: `esp32s3Budget`. Node does not measure memory. */
	readonly budget?: EngineBudget;
	/** Sees every operation, for comparing engines. */
	readonly onOperation?: (operation: BridgeOperation) => void;
}

/** One power-up of one device. */
export interface DeviceEngine {
	readonly name: "xs" | "node";
	/** Boots the firmware and returns when it has nothing left to do but wait. Call it once. */
	start(): void;
	/** Figures at the end of the last event; `undefined` before boot, and always in Node. They stay after `stop`. */
	readonly statistics: EngineStatistics | undefined;
	/** Power cut: whatever runs ends where it stands, and nothing is delivered any more. May be called at any time. */
	stop(): void;
}
