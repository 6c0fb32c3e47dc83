import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { ControllerHost } from "../controller-host.ts";

/** Gives up firmware that is on trial, and starts the board anew with the one before. `reason`: for whoever reads the log. */
export function rejectFirmware(host: ControllerHost, reason: string): void {
	host.log("firmware.rejected", { reason });
	try {
		host.firmware?.reject();
	} catch (error) {
		if (!(error instanceof HardwareError)) throw error;
		// Without it, too, the next start is the old firmware's: this one was never confirmed.
		host.log("firmware.flash", { message: error.message });
	}
	host.restart();
}
