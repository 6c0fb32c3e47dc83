import type { IO, PinSpecifier } from "./io.ts";

/** ECMA-419 clause 10.6, "SPI IO class pattern". `clock`, `in` and `out` may be left away where the part does not use them. */
export interface SPIOptions {
	readonly out?: PinSpecifier;
	readonly in?: PinSpecifier;
	readonly clock?: PinSpecifier;
	/** Bit rate in hertz. */
	readonly hz: number;
	/** SPI mode 0 to 3; 0 where not given. */
	readonly mode?: number;
	readonly port?: number | string;
}

export interface SPI extends IO {
	/** Shifts the bytes out, most significant bit first; what comes in is dropped. */
	write(buffer: ArrayBuffer | Uint8Array): void;
	/** Shifts the bytes out and replaces them by what came in. */
	transfer(buffer: Uint8Array): void;
}

export interface SPIConstructor {
	new (options: SPIOptions): SPI;
}
