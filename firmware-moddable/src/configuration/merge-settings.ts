import type {
	ConfigurationUpdateBody,
	ControllerConfiguration,
	ControllerSettings,
} from "@visionvend/sdk/device/messages";

/** All that may change without a person at the machine. Names and keys are not among it, whatever a message holds. */
const MEMBERS: readonly (keyof ControllerSettings)[] = Object.freeze([
	"kind",
	"uplink",
	"pins",
	"scales",
	"lock",
	"languages",
	"linkBaud",
	"battery",
	"foodSafety",
	"vending",
	"coffee",
]);

/** The configuration in which each member that the update gives has replaced the whole member. Nobody has checked it. */
export function mergeSettings(
	configuration: ControllerConfiguration,
	{ version, settings }: ConfigurationUpdateBody,
): Readonly<Record<string, unknown>> {
	const merged: Record<string, unknown> = { ...configuration, version };
	for (const member of MEMBERS) {
		if (settings[member] !== undefined) merged[member] = settings[member];
	}
	return merged;
}
