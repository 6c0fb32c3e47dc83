import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { decodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { isControllerConfiguration } from "@visionvend/sdk/device/validators.generated";
import { Controller } from "./controller.ts";
import type { ControllerHost } from "./controller-host.ts";

/** With more shelves a report would not fit the 1,600 bytes of a link message. */
const MOST_SCALES = 6;

/**
 * Starts the controller with the configuration in the store (key `configuration`, JSON). Without a sound one it says
 * why in the log, touches no pin, and returns `undefined`.
 */
export function start(host: ControllerHost): Controller | undefined {
	const configuration = readConfiguration(host);
	if (typeof configuration === "string") {
		host.log("configuration.rejected", { reason: configuration });
		return undefined;
	}
	return new Controller(host, configuration);
}

/** The configuration, or in words what is wrong with it. */
function readConfiguration(host: ControllerHost): ControllerConfiguration | string {
	const stored = host.storage.read("configuration");
	if (stored === undefined) {
		return "This controller has no configuration yet. Provision it: docs/guides and firmware-moddable/README.md.";
	}
	let value: unknown;
	try {
		value = JSON.parse(decodeUtf8(new Uint8Array(stored)));
	} catch {
		return "The stored configuration is not JSON. Provision the controller anew.";
	}
	if (!isControllerConfiguration(value)) {
		return "The stored configuration lacks something, or has a value out of range. Provision the controller anew.";
	}
	if (value.scales.length > MOST_SCALES) {
		return `The configuration has ${value.scales.length} scales; the most are ${MOST_SCALES}.`;
	}
	// Pins were checked against the board when the configuration was made (sdk/src/config).
	return value;
}
