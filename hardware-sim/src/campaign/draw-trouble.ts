import type { MachineKind } from "@visionvend/sdk/device/messages";
import type { FaultLayer } from "../faults/fault.ts";
import type { SeededRandom } from "../random.ts";
import type { Aim, CampaignFault } from "./campaign-faults.ts";
import { between, pick, pickWeighted } from "./pick.ts";
import type { Begin, Cue } from "./trouble.ts";

/** What ends a room or takes its connections finds more than what spoils a picture. */
const weights: Readonly<Record<FaultLayer, number>> = Object.freeze({
	net: 1,
	bus: 1,
	chip: 1,
	host: 5,
	power: 3,
	sensor: 1,
	world: 1,
	network: 4,
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
	"phone comes out",
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
	"controller report.sent",
	"pi report.sent",
];

/** The same at the controller of a machine that delivers. */
const atDelivery: readonly Cue[] = [
	"controller slot.begun",
	"controller slot.begun",
	"controller slot.ended",
	"controller report.sent",
];

function aimOf({ name, layer, aim }: CampaignFault, kind: MachineKind): Aim {
	if (aim) return kind === "fridge" ? aim : { ...aim, cues: aim.cues.map(ofDelivery) };
	const withinMs = kind === "fridge" ? [60, 60, 300, 3_000] : [60, 300, 2_000, 10_000];
	const forKind = (cues: readonly Cue[]) => (kind === "fridge" ? cues : cues.map(ofDelivery));
	if (name.startsWith("cloud") || name.startsWith("payments")) return { cues: forKind(atCloud), withinMs };
	if (name.startsWith("pi")) return { cues: forKind(atPi), withinMs };
	if (layer === "network" || name.startsWith("link") || name.startsWith("broker"))
		return { cues: forKind(betweenThem), withinMs };
	return { cues: kind === "fridge" ? atController : atDelivery, withinMs };
}

/** What a machine that delivers tells at the moment at which a fridge would tell this. */
function ofDelivery(cue: Cue): Cue {
	switch (cue) {
		case "cloud unlock.sent":
			return "cloud dispense.sent";
		case "controller unlock.accepted":
		case "controller lock.energised":
		case "controller door.opened":
			return "controller slot.begun";
		case "controller door.closed":
			return "controller slot.ended";
		default:
			return cue;
	}
}

/** What may break on a day: a few faults, which then break often, or all of them. */
export function drawFaultsOfDay(random: SeededRandom, faults: readonly CampaignFault[]): readonly CampaignFault[] {
	const few = pick(random, [2, 4, 6, faults.length]);
	if (faults.length <= few) return faults;
	const chosen = new Set<CampaignFault>();
	while (chosen.size < few) chosen.add(drawFault(random, faults));
	return [...chosen];
}

/** One of the faults: first a layer, then one of that layer. */
export function drawFault(random: SeededRandom, faults: readonly CampaignFault[]): CampaignFault {
	const layers = [...new Set(faults.map(({ layer }) => layer))];
	const layer = pickWeighted(
		random,
		layers.map((name) => [name, weights[name]] as const),
	);
	return pickWeighted(
		random,
		faults.filter((fault) => fault.layer === layer).map((fault) => [fault, fault.aim === undefined ? 1 : 5] as const),
	);
}

/** When it begins: at any moment of a sale, or right after one at which it may do harm. */
export function drawBegin(random: SeededRandom, fault: CampaignFault, nowMs: number, kind: MachineKind): Begin {
	if (random.next() < 0.3) return { atMs: Math.round(nowMs + random.next() ** 1.5 * 20_000) };
	const { cues, withinMs } = aimOf(fault, kind);
	return { cue: pick(random, cues), afterMs: random.next() * pick(random, withinMs) };
}

/** How long it lasts. Now and then longer than anything waits: what hangs on a timeout shows only then. */
export function drawDuration(random: SeededRandom, { usualMs, layer }: CampaignFault): number {
	const isOutage = layer === "network" || layer === "host" || layer === "power";
	const chance = random.next();
	if (isOutage && chance < 0.3) return between(random, 22_000, 60_000);
	if (isOutage && chance < 0.4) return between(random, 60_000, 150_000);
	return between(random, 200, 3 * Math.max(usualMs, 2_000));
}
