import { MAXIMUM_TOKEN_CHARACTERS, partyName } from "@visionvend/sdk/device/envelope/envelope";
import { MAXIMUM_MESSAGE_BYTES } from "@visionvend/sdk/device/link/frame";
import type { ControllerConfiguration, SaleReportBody } from "@visionvend/sdk/device/messages";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";

/** As many as one sale may ask for (sdk/src/protocol/messages.ts). Over a modem there are fewer (`lte-problem.ts`). */
const MOST_SLOTS = 10;
/** Header of an envelope with the longest key name, its dots and its signature. */
const SEAL_BYTES = 130;

/**
 * In words why a report of a coffee machine, which may name a bin for each slot, would fit neither the link nor an
 * envelope; `undefined` when it does. One that does not could never be sent, and would be there at every start.
 */
export function coffeeReportProblem({ machineId, uplink, coffee }: ControllerConfiguration): string | undefined {
	if (coffee === undefined || uplink.via === "lte") return undefined;
	const topic = topics(machineId).saleReport;
	const most = uplink.via === "pi" ? MAXIMUM_MESSAGE_BYTES - topic.length - 1 : MAXIMUM_TOKEN_CHARACTERS;
	for (const { name } of coffee.bins) {
		const claims = {
			iss: partyName(machineId, "controller"),
			aud: "cloud",
			jti: "1000000-report-1000000",
			seq: 1_000_000,
			topic,
			body: longestReport(`bin-empty:${name}`),
		};
		const bytes = SEAL_BYTES + Math.ceil((encodeUtf8(JSON.stringify(claims)).length * 4) / 3);
		if (bytes <= most) continue;
		return `A report that names the bin "${name}" is up to ${bytes} bytes, and ${most} can be sent. Give the bin, or the machine, a shorter name.`;
	}
	return undefined;
}

function longestReport(reason: string): SaleReportBody {
	const dispensed = [];
	for (let slot = 0; slot < MOST_SLOTS; slot++) dispensed.push({ slot: 15, outcome: "failed" as const, reason });
	return {
		// The cloud's own names of sales have 22 characters.
		saleId: "0".repeat(22),
		counter: 4_294_967_295,
		boot: 1_000_000,
		opened: true,
		doorOpenMs: 86_400_000,
		flags: ["resumed"],
		shelves: [],
		dispensed,
	};
}
