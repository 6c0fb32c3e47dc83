import { type ChosenConfiguration, chooseConfiguration, endTrial } from "./configuration/choose-configuration.ts";
import { Controller } from "./controller.ts";
import type { ControllerHost } from "./controller-host.ts";
import { type FirmwareIdentity, firmwareIdentity } from "./update/firmware-identity.ts";
import { rejectFirmware } from "./update/reject-firmware.ts";

/**
 * Starts the controller with the configuration in the store (key `configuration`, JSON), or with a new one on trial.
 * Without a sound one it says why in the log, touches no pin, and returns `undefined`: firmware on trial then gives way
 * to the one before. `identity`: as what it runs.
 */
export function start(host: ControllerHost, identity: FirmwareIdentity = firmwareIdentity): Controller | undefined {
	const isNew = host.firmware?.state === "trial";
	const chosen = chooseConfiguration(host);
	if (typeof chosen === "string") {
		host.log("configuration.rejected", { reason: chosen });
		// Nobody would look at the trial's end any more, and only this firmware may be at fault.
		if (isNew) rejectFirmware(host, "configuration");
		return undefined;
	}
	return isNew || chosen.onTrial ? startOnTrial(host, chosen, identity, isNew) : new Controller(host, chosen, identity);
}

/** With something new a part may not be there, or a pin not free: then what was before is good enough again. */
function startOnTrial(
	host: ControllerHost,
	chosen: ChosenConfiguration,
	identity: FirmwareIdentity,
	isNew: boolean,
): Controller | undefined {
	try {
		return new Controller(host, chosen, identity);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		const { message } = error;
		if (chosen.onTrial) {
			host.log("configuration.failed", { version: chosen.configuration.version, message });
			if (chosen.trial !== undefined) endTrial(host, chosen.trial, "rolled-back");
		}
		if (isNew) rejectFirmware(host, message);
		else host.restart();
		return undefined;
	}
}
