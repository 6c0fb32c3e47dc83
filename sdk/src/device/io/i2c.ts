import type { IO, PinSpecifier } from "./io.ts";

/** ECMA-419 clause 10.3, "I2C IO class pattern". */
export interface I2COptions {
	readonly data: PinSpecifier;
	readonly clock: PinSpecifier;
	/** Bus clock in hertz: 100_000 or 400_000. */
	readonly hz: number;
	/** 7-bit address, 0x08 to 0x77. */
	readonly address: number;
	readonly port?: number;
}

/** One target on an I2C bus. A missing acknowledge throws a `HardwareError` of kind `no-acknowledge`. */
export interface I2C extends IO {
	/** Reads `byteLength` bytes. */
	read(byteLength: number, stop?: boolean): ArrayBuffer;
	write(buffer: ArrayBuffer | Uint8Array, stop?: boolean): void;
}

export interface I2CConstructor {
	new (options: I2COptions): I2C;
}
