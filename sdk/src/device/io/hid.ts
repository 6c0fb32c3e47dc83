import type { IO } from "./io.ts";

/**
 * A USB human interface device, in the manner of ECMA-419's IO classes; the standard has none. Hosts without USB have
 * no such constructor.
 */
export interface HIDOptions {
	/** Which collection of the device: 0x8C is a bar code scanner, 0x8D a scale, 0x01 with usage 0x06 a keyboard. */
	readonly usagePage: number;
	/** Any where not given. */
	readonly usage?: number;
	/** Maker's and product's USB numbers. Any where not given. */
	readonly vendorId?: number;
	readonly productId?: number;
	/**
	 * An input report, its report id in front where the device numbers its reports. Never called inside the constructor or
	 * a method.
	 */
	readonly onReport: (this: HID, report: Uint8Array) => void;
	/** The device is there, or has gone; it is looked for as long as the instance is open. */
	readonly onConnectionChange?: (this: HID, connected: boolean) => void;
}

export interface HID extends IO {
	/** The device is plugged in and open. */
	readonly connected: boolean;
}

export interface HIDConstructor {
	new (options: HIDOptions): HID;
}
