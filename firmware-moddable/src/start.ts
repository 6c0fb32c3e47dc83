import { type ChosenConfiguration, chooseConfiguration, endTrial } from "./configuration/choose-configuration.ts";
import { Controller } from "./controller.ts";
import type { ControllerHost } from "./controller-host.ts";
import { type FirmwareIdentity, firmwareIdentity } from "./update/firmware-identity.ts";

/**
 * Starts the controller with the configuration in the store (key `configuration`, JSON), or with a new one on trial.
 * Without a sound one it says why in the log, touches no pin, and returns `undefined`. `identity`: as what it runs.
 */
export function start(host: ControllerHost, identity: FirmwareIdentity = firmwareIdentity): Controller | undefined {
	const chosen = chooseConfiguration(host);
	if (typeof chosen === "string") {
		host.log("configuration.rejected", { reason: chosen });
		return undefined;
	}
	return chosen.onTrial ? startOnTrial(host, chosen, identity) : new Controller(host, chosen, identity);
}

/** With a new configuration a part may not be there, or a pin not free: then the old one is good enough again. */
function startOnTrial(
	host: ControllerHost,
	chosen: ChosenConfiguration,
	identity: FirmwareIdentity,
): Controller | undefined {
	try {
		return new Controller(host, chosen, identity);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		host.log("configuration.failed", { version: chosen.configuration.version, message: error.message });
		if (chosen.trial !== undefined) endTrial(host, chosen.trial, "rolled-back");
		host.restart();
		return undefined;
	}
}
