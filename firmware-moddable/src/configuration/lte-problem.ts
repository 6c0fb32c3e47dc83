import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import type { ControllerConfiguration, HealthBody } from "@visionvend/sdk/device/messages";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";

/** A status of this much detail, sealed, fits into one message of the modem whatever the machine is called. */
export const LONGEST_DETAIL_OVER_LTE = 160;
/** More at a time would not fit; the first ones say enough to send somebody. */
export const MOST_FAULTS_OVER_LTE = 3;

/** One message of a SIM7080G ("SIM7070_SIM7080_SIM7090 Series MQTT(S) Application Note", AT+SMPUB). */
const LONGEST_MESSAGE_BYTES = 1_024;
/** Header of an envelope with the longest key name, its dots and its signature. */
const SEAL_BYTES = 130;

/** Each slot of a report may name a bin, and with longer names the most slots of a sale (`uplink-problem.ts`) do not fit. */
const LONGEST_BIN_NAME_BYTES = 16;
const QUOTE_BYTES = 2;

/** In words why the machine's health or its reports would not fit into a message of the modem; `undefined` when it does. */
export function lteProblem(configuration: ControllerConfiguration): string | undefined {
	const { machineId, uplink, coffee } = configuration;
	if (uplink.via !== "lte") return undefined;
	for (const { name } of coffee?.bins ?? []) {
		const nameBytes = encodeUtf8(JSON.stringify(name)).length - QUOTE_BYTES;
		if (nameBytes <= LONGEST_BIN_NAME_BYTES) continue;
		return `The bin "${name}" has a name of ${nameBytes} bytes, and the modem carries reports with names of at most ${LONGEST_BIN_NAME_BYTES}. Give it a shorter one, or use a pi or Wi-Fi.`;
	}
	const claims = {
		iss: partyName(machineId, "controller"),
		aud: "cloud",
		jti: "4294967295-4294967295",
		seq: 0xffff_ffff,
		topic: topics(machineId).health,
		body: longestHealth(configuration),
	};
	const bytes = SEAL_BYTES + Math.ceil((encodeUtf8(JSON.stringify(claims)).length * 4) / 3);
	if (bytes <= LONGEST_MESSAGE_BYTES) return undefined;
	return `What this machine says of its health is up to ${bytes} bytes, and the modem carries ${LONGEST_MESSAGE_BYTES}. Give bins shorter names, or use a pi or Wi-Fi.`;
}

/** With every number at its longest, but for years. */
function longestHealth({ kind, scales, battery, foodSafety, coffee }: ControllerConfiguration): HealthBody {
	const bins = coffee?.bins.map(({ name, portions }) => ({ name, portions, low: false }));
	return {
		uptimeMs: 100_000_000_000,
		boot: 1_000_000,
		doorClosed: false,
		massesMilligrams: scales.map(() => -200_000_000),
		phase: "health-lock",
		resetReason: "deep-sleep-wake",
		memoryFreeBytes: 8_000_000,
		...(battery === undefined ? undefined : { supplyMillivolts: 60_000 }),
		...(foodSafety === undefined ? undefined : { temperatureCentidegrees: -5_500 }),
		signalDbm: -113,
		...(kind === "coffee" && bins !== undefined ? { bins } : undefined),
		faults: ["restock-button", "over-temperature", "low-battery"],
	};
}
