/** ECMA-419 clause 9, "IO class pattern": what every IO instance has. */
export interface IO {
	/** Releases the hardware. A second call does nothing; every other method throws afterwards. */
	close(): void;
}

/** A GPIO number, or a name that the board defines. */
export type PinSpecifier = number | string;

/**
 * An IO constructor together with that constructor's own options:
 * `{ io: device.io.Digital, pin: 14 }`. Drivers add the options that they know (mode, edge) themselves.
 */
export type Connection<Constructor extends abstract new (options: never) => unknown> = {
	readonly io: Constructor;
} & Partial<ConstructorParameters<Constructor>[0]>;
