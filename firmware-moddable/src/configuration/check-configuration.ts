import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { calibrate } from "@visionvend/sdk/device/scale/calibration";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { isControllerConfiguration } from "@visionvend/sdk/device/validators.generated";
import type { ControllerHost } from "../controller-host.ts";
import { uplinkProblem } from "../uplink/uplink-problem.ts";
import { lteProblem } from "./lte-problem.ts";
import { pinProblem } from "./pin-problem.ts";
import { coffeeReportProblem } from "./report-problem.ts";

/** With more shelves, or so many and a longer name of the machine, a report would not fit a link message of 1,600 bytes. */
const MOST_SCALES = 6;
const LONGEST_NAME_WITH_MOST_SCALES = 48;

/**
 * The configuration that this value is, or in words why the controller cannot run with it on this board. What the pins
 * of the board may do was checked where the configuration was made (sdk/src/config).
 */
export function checkConfiguration(value: unknown, host: ControllerHost): ControllerConfiguration | string {
	if (!isControllerConfiguration(value)) {
		return "The configuration lacks something, or has a value out of range.";
	}
	return (
		reportProblem(value) ??
		keyProblem(value) ??
		calibrationProblem(value) ??
		kindProblem(value) ??
		uplinkProblem(value, host) ??
		lteProblem(value) ??
		coffeeReportProblem(value) ??
		pinProblem(value) ??
		value
	);
}

function reportProblem({ machineId, scales }: ControllerConfiguration): string | undefined {
	if (scales.length > MOST_SCALES) {
		return `The configuration has ${scales.length} scales; the most are ${MOST_SCALES}.`;
	}
	if (scales.length === MOST_SCALES && machineId.length > LONGEST_NAME_WITH_MOST_SCALES) {
		return `With ${MOST_SCALES} scales the machine's name has at most ${LONGEST_NAME_WITH_MOST_SCALES} characters, not ${machineId.length}.`;
	}
	return undefined;
}

function keyProblem({ keys }: ControllerConfiguration): string | undefined {
	for (const { kid, key } of [keys.receive, keys.send]) {
		if (decodeBase64url(key) === undefined) return `The key ${kid} is not base64url.`;
	}
	return undefined;
}

function calibrationProblem({ scales }: ControllerConfiguration): string | undefined {
	for (const { shelf, zeroCounts, loadCounts, loadMilligrams } of scales) {
		try {
			calibrate(zeroCounts, loadCounts, loadMilligrams);
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			return `Shelf ${shelf}: ${error.message}`;
		}
	}
	return undefined;
}

function kindProblem({ kind, scales, vending, coffee }: ControllerConfiguration): string | undefined {
	if (kind === "fridge") return undefined;
	if (scales.length > 0) return `A ${kind} machine weighs nothing. Take the scales out of the configuration.`;
	const inside = kind === "vending" ? vending : coffee;
	return inside === undefined ? `The configuration does not say what the ${kind} machine has inside.` : undefined;
}
