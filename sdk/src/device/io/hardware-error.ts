/** What went wrong, seen from the wire. */
export type HardwareErrorKind =
	/** The part did not acknowledge: absent, unpowered, or at another address. */
	| "no-acknowledge"
	/** The bus misbehaved: lost arbitration, stuck line. */
	| "bus"
	/** The part stayed busy past its bound. */
	| "timeout"
	/** The instance was closed. */
	| "closed"
	/** Another instance holds the pin or port. */
	| "in-use"
	/** Something answers, but it is another part. */
	| "unexpected-device"
	/** A buffer was full, or data came faster than it was read. */
	| "overrun"
	/** A value is outside of what the hardware can do. */
	| "range";

/** A failure of hardware. The message says what failed, where, and what to do next. */
export class HardwareError extends Error {
	// A class field, because assigning to `name` throws on a device: Error.prototype is frozen in ROM.
	override readonly name = "HardwareError";
	readonly kind: HardwareErrorKind;
	constructor(kind: HardwareErrorKind, message: string) {
		super(message);
		this.kind = kind;
	}
}
