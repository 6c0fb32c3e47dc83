import type { EventEmitter } from "node:events";

/** What `node-hid` tells of a device. */
export interface HIDDevice {
	readonly vendorId: number;
	readonly productId: number;
	readonly path?: string | undefined;
	readonly manufacturer?: string | undefined;
	readonly product?: string | undefined;
	readonly usagePage?: number | undefined;
	readonly usage?: number | undefined;
}

/** An open device: "data" brings input reports, "error" says that it has gone. */
export interface HIDHandle extends EventEmitter {
	close(): Promise<void>;
}

/** The part of `node-hid` that is used here. */
export interface HIDLibrary {
	devicesAsync(): Promise<HIDDevice[]>;
	readonly HIDAsync: { open(path: string): Promise<HIDHandle> };
}
