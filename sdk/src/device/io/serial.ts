import type { IO, PinSpecifier } from "./io.ts";

/** ECMA-419 clause 10.7, "Serial IO class pattern", with `format: "buffer"`. */
export interface SerialOptions {
	readonly receive: PinSpecifier;
	readonly transmit: PinSpecifier;
	readonly baud: number;
	readonly port?: number;
	readonly format?: "buffer";
	/** `bytes` can be read. */
	readonly onReadable?: (this: Serial, bytes: number) => void;
	/** At least `bytes` can be written. Called once after opening, and again after the buffer has emptied. */
	readonly onWritable?: (this: Serial, bytes: number) => void;
}

export interface Serial extends IO {
	/** All bytes that wait, or `undefined` when there are none. */
	read(): ArrayBuffer | undefined;
	/** Throws a `HardwareError` of kind `overrun` when the transmit buffer cannot take them all. */
	write(buffer: ArrayBuffer | Uint8Array): void;
}

export interface SerialConstructor {
	new (options: SerialOptions): Serial;
}
