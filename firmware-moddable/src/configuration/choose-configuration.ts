import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { type ConfigurationTrial, readConfiguration, readTrial, writeTrial } from "./configuration-store.ts";

const PROVISION = "Provision it: docs/guides and firmware-moddable/README.md.";

export interface ChosenConfiguration {
	readonly configuration: ControllerConfiguration;
	/** The last one that came by message; `undefined` when none ever came. */
	readonly trial: ConfigurationTrial | undefined;
	/** This start tries it. */
	readonly onTrial: boolean;
}

/** What this start runs with: a new configuration the first time, otherwise the one that is known to work. */
export function chooseConfiguration(host: ControllerHost): ChosenConfiguration | string {
	const { storage } = host;
	const stored = readConfiguration(storage);
	if (stored === undefined) return `This controller has no configuration yet. ${PROVISION}`;
	if (stored === "unreadable") return `The stored configuration is not JSON. ${PROVISION}`;
	const configuration = checkConfiguration(stored, host);
	if (typeof configuration === "string") return `${configuration} ${PROVISION}`;
	const trial = readTrial(storage);
	if (trial?.stage === "waiting") return tryIt(host, configuration, trial);
	if (trial?.stage !== "running") return { configuration, trial, onTrial: false };
	// The power went, or the firmware did. Or all was well, and only the last word about it was not written any more.
	const hasStayed = configuration.version === trial.version;
	return { configuration, trial: endTrial(host, trial, hasStayed ? "" : "rolled-back"), onTrial: false };
}

/** Writes down how a trial has ended. `reason`: "" when the configuration stays. */
export function endTrial(host: ControllerHost, trial: ConfigurationTrial, reason: string): ConfigurationTrial {
	const { commandId, version } = trial;
	const ended: ConfigurationTrial = {
		commandId,
		version,
		stage: reason === "" ? "done" : "failed",
		reason,
		told: false,
	};
	try {
		writeTrial(host.storage, ended);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		// The next start finds a trial that came to no good end, and comes to the same conclusion.
		host.log("storage.failed", { message: error.message });
	}
	return ended;
}

function tryIt(
	host: ControllerHost,
	configuration: ControllerConfiguration,
	trial: ConfigurationTrial,
): ChosenConfiguration {
	const tried = checkConfiguration(trial.configuration, host);
	if (typeof tried === "string") {
		// Other firmware than the one that took it.
		return { configuration, trial: endTrial(host, trial, "bad-configuration"), onTrial: false };
	}
	const running: ConfigurationTrial = { ...trial, stage: "running" };
	try {
		// Before it is tried: a start that does not come to its end must be the only one of its kind.
		writeTrial(host.storage, running);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		host.log("storage.failed", { message: error.message });
		return { configuration, trial, onTrial: false };
	}
	const { commandId, version, stage, reason, told } = running;
	return { configuration: tried, trial: { commandId, version, stage, reason, told }, onTrial: true };
}
