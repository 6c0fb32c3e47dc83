import type { IO, PinSpecifier } from "./io.ts";

/** A GPIO level: 0 is low (0 V), 1 is high (the supply, 3.3 V on an ESP32-S3). */
export type Level = 0 | 1;

/** ECMA-419 clause 10.1, "Digital IO class pattern". */
export interface DigitalOptions {
	readonly pin: PinSpecifier;
	/** One of the constructor's mode constants: `Input`, `InputPullUp`, `InputPullDown`, `Output`, `OutputOpenDrain`. */
	readonly mode: number;
	/** `Rising`, `Falling` or both or-ed. Needed with `onReadable`. */
	readonly edge?: number;
	/** Level that an output takes as it is opened. Without it an output starts low. */
	readonly initialValue?: Level;
	/** Called after an edge, never from inside a constructor or a method, with `this` bound to the instance. */
	readonly onReadable?: (this: Digital) => void;
}

/** One GPIO line. `read` of an output and `write` of an input throw. */
export interface Digital extends IO {
	read(): Level;
	write(value: Level): void;
}

export interface DigitalConstructor {
	new (options: DigitalOptions): Digital;
	readonly Input: number;
	readonly InputPullUp: number;
	readonly InputPullDown: number;
	readonly Output: number;
	readonly OutputOpenDrain: number;
	readonly Rising: number;
	readonly Falling: number;
}
