import { chooseFaults, faults as sweptFaults } from "../faults/catalogue.ts";
import { type Fault, fault, type Heal, nothing } from "../faults/fault.ts";
import { didYouMean } from "../language/did-you-mean.ts";
import type { SeededRandom } from "../random.ts";
import type { Crossing } from "../scenario/lifeline.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { StripeFaults } from "../stripe/stripe-simulator.ts";
import { cutAtFlashWrite } from "./cut-at-flash-write.ts";
import { pickWeighted } from "./pick.ts";
import type { Cue } from "./trouble.ts";

/** A fault that needs a stage in memory: it ends a room between two of its own steps, or the payment network's answers. */
export interface CampaignFault extends Omit<Fault, "inject"> {
	readonly inject: (stage: MemoryStage, random: SeededRandom) => Heal | Promise<Heal>;
	/** Where it finds what it is looking for, when that is not where its layer does. */
	readonly aim?: Aim;
}

/** Moments of a sale, and how soon after one of them a fault begins. */
export interface Aim {
	readonly cues: readonly Cue[];
	readonly withinMs: readonly number[];
}

type Inject = CampaignFault["inject"];
type More = NonNullable<Parameters<typeof fault>[4]>;

function campaignFault(
	layer: Fault["layer"],
	name: Fault["name"],
	summary: string,
	inject: Inject,
	more: More & { readonly aim?: Aim } = {},
): CampaignFault {
	const { aim, ...rest } = more;
	return Object.freeze({
		...fault(layer, name, summary, () => nothing, rest),
		inject,
		...(aim === undefined ? {} : { aim }),
	});
}

const betweenSteps: Readonly<Record<"cloud" | "pi", readonly Cue[]>> = Object.freeze({
	pi: ["controller report.sent", "controller report.sent", "controller report.sent", "cloud unlock.sent"],
	cloud: ["pi report.sent", "pi report.sent", "pi report.sent", "controller hello.sent"],
});
/** What is out and not yet written down is what a death takes with it. */
const crossings: readonly (readonly [Crossing, number])[] = [
	["commit", 2],
	["committed", 1],
	["publish", 1],
	["published", 1],
	["write", 1],
	["written", 2],
];

/** A room dies as it crosses one of the next boundaries, and comes back when the fault is over. */
function killedBetween(room: "cloud" | "pi"): CampaignFault {
	return campaignFault(
		"host",
		`${room}-killed-between-steps`,
		`the ${room} dies right before or after a commit, a publication or a write to the wire`,
		(stage, random): Heal => {
			const where = pickWeighted(random, crossings);
			let left = Math.floor(random.next() ** 3 * 4);
			const giveUp = stage.killAt(room, (crossing) => crossing === where && left-- === 0);
			return async () => {
				giveUp();
				await stage.start(room);
			};
		},
		// It waits for the boundary by itself: the sooner it lies in wait, the better.
		{ usualMs: 6_000, aim: { cues: betweenSteps[room], withinMs: [5, 20] } },
	);
}

/** The cloud dies when the payment network has done what it was asked for, before it hears of it. */
function killedAtPayment(): CampaignFault {
	return campaignFault(
		"host",
		"cloud-killed-at-payment",
		"the cloud dies when the payment network has answered and before it hears of it",
		(stage, random): Heal => {
			const wanted = /\/(payment_intents$|capture$|cancel$)/;
			let left = Math.floor(random.next() * 3);
			stage.killCloudAfterPaymentCall((method, path) => method === "POST" && wanted.test(path) && left-- === 0);
			return async () => {
				stage.killCloudAfterPaymentCall(() => false);
				await stage.start("cloud");
			};
		},
		{
			usualMs: 8_000,
			aim: { cues: ["phone comes out", "phone comes out", "controller door.closed"], withinMs: [20] },
		},
	);
}

/** What goes wrong between cloud and payment network, for some of the calls. */
function payments(
	name: Fault["name"],
	summary: string,
	begin: (happens: () => boolean) => StripeFaults,
): CampaignFault {
	return campaignFault(
		"network",
		name,
		summary,
		({ payments: { faults } }, random): Heal => {
			const share = 0.3 + random.next() * 0.7;
			const mine = begin(() => random.next() < share);
			Object.assign(faults, mine);
			return () => {
				for (const key of Object.keys(mine)) delete faults[key as keyof StripeFaults];
			};
		},
		{ usualMs: 8_000 },
	);
}

const ownFaults: readonly CampaignFault[] = Object.freeze([
	killedBetween("cloud"),
	killedBetween("pi"),
	killedAtPayment(),
	campaignFault(
		"power",
		"power-cut-at-flash-write",
		"the controller loses its power while it writes to its flash",
		cutAtFlashWrite,
		{
			aim: {
				cues: [
					"controller hello.sent",
					"controller unlock.accepted",
					"controller door.opened",
					"controller door.closed",
				],
				withinMs: [5, 20],
			},
		},
	),
	payments("payments-requests-lost", "requests to the payment network get lost", (happens) => ({
		dropRequest: happens,
	})),
	payments("payments-answers-lost", "answers of the payment network get lost", (happens) => ({
		dropResponse: happens,
	})),
	payments("payments-server-errors", "the payment network answers 500, having done the work or not", (happens) => ({
		serverError: () => (happens() ? (happens() ? "processed" : "unprocessed") : undefined),
	})),
	payments("payments-rate-limit", "the payment network answers 429", (happens) => ({ rateLimit: happens })),
]);

/**
 * What no software can keep its promises under, or what would end a campaign's day: a coil that has current whatever its
 * pin says opens for everybody.
 */
const leftOut: readonly string[] = Object.freeze(["lock_coil-stuck-high"]);

/** Everything that may break in a campaign: the faults of the sweep, and those that need a stage in memory. */
export const campaignFaults: readonly CampaignFault[] = Object.freeze([
	...sweptFaults.filter(({ name }) => !leftOut.includes(name)),
	...ownFaults,
]);

/**
 * Faults by name, by layer, `all` or `none`. Throws a `RangeError` for a name that is not there.
 */
export function chooseCampaignFaults(names: readonly string[]): CampaignFault[] {
	const chosen = names.flatMap((name) => {
		if (name === "all") return campaignFaults;
		if (name === "none") return [];
		const found = campaignFaults.filter((candidate) => candidate.name === name || candidate.layer === name);
		if (found.length > 0) return found;
		if (leftOut.includes(name) || isSwept(name)) throw new RangeError(`"${name}" is not for campaigns.`);
		const known = campaignFaults.map((other) => other.name);
		throw new RangeError(`There is no fault "${name}"${didYouMean(name, known)}`);
	});
	return [...new Set(chosen)];
}

function isSwept(name: string): boolean {
	try {
		return chooseFaults([name]).length > 0;
	} catch (error) {
		if (error instanceof RangeError) return false;
		throw error;
	}
}
