import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { calibrate } from "@visionvend/sdk/device/scale/calibration";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { decodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { isControllerConfiguration } from "@visionvend/sdk/device/validators.generated";
import { Controller } from "./controller.ts";
import type { ControllerHost } from "./controller-host.ts";

/** With more shelves, or so many and a longer name of the machine, a report would not fit a link message of 1,600 bytes. */
const MOST_SCALES = 6;
const LONGEST_NAME_WITH_MOST_SCALES = 48;

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
	const { machineId, scales, keys } = value;
	if (scales.length > MOST_SCALES) {
		return `The configuration has ${scales.length} scales; the most are ${MOST_SCALES}.`;
	}
	if (scales.length === MOST_SCALES && machineId.length > LONGEST_NAME_WITH_MOST_SCALES) {
		return `With ${MOST_SCALES} scales the machine's name has at most ${LONGEST_NAME_WITH_MOST_SCALES} characters, not ${machineId.length}.`;
	}
	for (const { kid, key } of [keys.receive, keys.send]) {
		if (decodeBase64url(key) === undefined) return `The key ${kid} is not base64url. Provision the controller anew.`;
	}
	for (const { shelf, zeroCounts, loadCounts, loadMilligrams } of scales) {
		try {
			calibrate(zeroCounts, loadCounts, loadMilligrams);
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			return `Shelf ${shelf}: ${error.message}`;
		}
	}
	// Pins were checked against the board when the configuration was made (sdk/src/config).
	return value;
}
