import type { IO, PinSpecifier } from "./io.ts";

/** ECMA-419 clause 10.4, "PWM IO class pattern". */
export interface PWMOptions {
	readonly pin: PinSpecifier;
	/** Frequency in hertz. */
	readonly hz?: number;
}

/** Square wave. Silent (duty 0) until written. */
export interface PWM extends IO {
	/** Duty, 0 (always low) to `2 ** resolution - 1` (always high). */
	write(duty: number): void;
	/** Bits of duty. */
	readonly resolution: number;
	readonly hz: number;
}

export interface PWMConstructor {
	new (options: PWMOptions): PWM;
}
