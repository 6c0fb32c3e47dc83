import { FIRMWARE_VERSION } from "../version.ts";

/** Who may run an image: what a manifest must name, and how old it may not be. */
export interface FirmwareIdentity {
	readonly product: string;
	readonly hardware: string;
	readonly version: string;
	/** Rises when no older version may run again. */
	readonly floor: number;
}

/** What this firmware is, and the board that it is made for. */
export const firmwareIdentity: FirmwareIdentity = Object.freeze({
	product: "visionvend-controller",
	hardware: "esp32-s3-devkitc-1-n16r8",
	version: FIRMWARE_VERSION,
	floor: 0,
});
