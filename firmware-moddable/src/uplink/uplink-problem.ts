import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import type { ControllerHost } from "../controller-host.ts";

/** A report that is sealed has to fit into one message of the modem: 1,024 bytes. A test measures both. */
export const MOST_SCALES_OVER_LTE = 2;
/** Slots of one sale of a machine that delivers. */
export const MOST_SLOTS_OVER_LTE = 3;

/** In words why `openUplink` cannot work with this configuration on this board; `undefined` when it can. */
export function uplinkProblem(configuration: ControllerConfiguration, host: ControllerHost): string | undefined {
	const { via, ssid, broker } = configuration.uplink;
	if (via === "pi") return undefined;
	if (broker === undefined) return `The uplink over ${via} has no broker. Add uplink.broker to the configuration.`;
	if (via === "lte") {
		const { length } = configuration.scales;
		if (length <= MOST_SCALES_OVER_LTE) return undefined;
		return `The modem carries reports of at most ${MOST_SCALES_OVER_LTE} scales, not ${length}. Use a pi or Wi-Fi.`;
	}
	if (ssid === undefined) return "The uplink over Wi-Fi has no network. Add uplink.ssid to the configuration.";
	return host.mqtt === undefined ? "This board has no Wi-Fi. Use a pi or a modem." : undefined;
}
