import type { IO, PinSpecifier } from "./io.ts";

/** ECMA-419 clause 10.3, "Analog IO class pattern". */
export interface AnalogOptions {
	readonly pin: PinSpecifier;
}

/** One input of an analog-to-digital converter. */
export interface Analog extends IO {
	/** A conversion, 0 to 2^resolution - 1: 0 is 0 V, the highest is the converter's full scale. */
	read(): number;
	/** Bits of a conversion: 12 on an ESP32-S3. */
	readonly resolution: number;
}

export interface AnalogConstructor {
	new (options: AnalogOptions): Analog;
}
