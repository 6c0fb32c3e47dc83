import type {
	ConfigurationUpdateBody,
	ControllerConfiguration,
	ControllerSettings,
} from "@visionvend/sdk/device/messages";
import { rotateKeys } from "./rotate-keys.ts";

/** All that a message may give as it is. Names and keys are not among it, whatever a message holds. */
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

/**
 * The configuration in which each member that the update gives has replaced the whole member, and new keys have come out
 * of their hiding. Nobody has checked it.
 */
export function mergeSettings(
	configuration: ControllerConfiguration,
	{ version, settings }: ConfigurationUpdateBody,
): Readonly<Record<string, unknown>> {
	const merged: Record<string, unknown> = { ...configuration, version };
	for (const member of MEMBERS) {
		if (settings[member] !== undefined) merged[member] = settings[member];
	}
	const { uplink = configuration.uplink, keyRotation } = settings;
	return keyRotation === undefined ? merged : { ...merged, ...rotateKeys({ ...configuration, uplink }, keyRotation) };
}
