import type { FaultLayer } from "../faults/fault.ts";
import type { SeededRandom } from "../random.ts";
import type { CampaignFault } from "./campaign-faults.ts";
import { pick, pickWeighted } from "./pick.ts";
import type { Begin, Cue } from "./trouble.ts";

/** What ends a room or takes its connections finds more than what spoils a picture. */
const weights: Readonly<Record<FaultLayer, number>> = Object.freeze({
	net: 1,
	bus: 1,
	chip: 1,
	host: 3,
	power: 3,
	sensor: 1,
	world: 1,
	network: 3,
});

/** Moments of a sale at which something is half done: that is where a fault finds what it is looking for. */
const atController: readonly Cue[] = [
	"controller unlock.accepted",
	"controller lock.energised",
	"controller door.opened",
	"controller door.closed",
	"controller report.sent",
];
const atPi: readonly Cue[] = ["cloud unlock.sent", "controller report.sent", "pi report.stored", "pi report.sent"];
const atCloud: readonly Cue[] = [
	"cloud payment.held",
	"controller hello.sent",
	"pi report.sent",
	"cloud report.received",
	"controller lock.energised",
];
const betweenThem: readonly Cue[] = [
	"cloud hello.requested",
	"controller hello.sent",
	"cloud unlock.sent",
	"controller unlock.accepted",
	"controller report.sent",
	"pi report.sent",
];

function cuesOf({ name, layer }: CampaignFault): readonly Cue[] {
	if (name.startsWith("cloud") || name.startsWith("payments")) return atCloud;
	if (name.startsWith("pi")) return atPi;
	if (layer === "network" || name.startsWith("link") || name.startsWith("broker")) return betweenThem;
	return atController;
}

/** One of the faults: first a layer, then one of that layer. */
export function drawFault(random: SeededRandom, faults: readonly CampaignFault[]): CampaignFault {
	const layers = [...new Set(faults.map(({ layer }) => layer))];
	const layer = pickWeighted(
		random,
		layers.map((name) => [name, weights[name]] as const),
	);
	return pick(
		random,
		faults.filter((fault) => fault.layer === layer),
	);
}

/** When it begins: at any moment of a sale, or right after one at which it may do harm. */
export function drawBegin(random: SeededRandom, fault: CampaignFault, nowMs: number): Begin {
	if (random.next() < 0.4) return { atMs: Math.round(nowMs + random.next() ** 1.5 * 20_000) };
	const within = pick(random, [60, 60, 300, 3_000]);
	return { cue: pick(random, cuesOf(fault)), afterMs: random.next() * within };
}
