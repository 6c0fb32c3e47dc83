import { createHash } from "node:crypto";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { chooseCampaignFaults } from "./campaign-faults.ts";
import { type DayResult, playDay } from "./day.ts";
import type { OddBaskets } from "./odd-baskets.ts";
import type { FoundViolation } from "./violation.ts";
import { type DayOrder, Workers } from "./workers.ts";

/** A day has some tens of sales: enough for one to meet what another left behind, and few enough to replay. */
export const salesADay = 25;

/** Of six days four are at a fridge, one at a machine with slots, and one at a machine that makes coffee. */
export const usualMachines: readonly MachineKind[] = ["fridge", "vending", "fridge", "coffee", "fridge", "fridge"];

/** Messages of an attacker in a sale, where nobody says how many. */
export const usualAttacks = 4;

export interface CampaignOptions {
	readonly sales: number;
	readonly seed: number;
	/** Names of faults or layers, `all` or `none`. */
	readonly faults: readonly string[];
	/** Faults that are drawn as ever and left out. */
	readonly without?: readonly string[] | undefined;
	/** What stands there, day by day, and from the beginning again; `usualMachines` where not given. */
	readonly machines?: readonly MachineKind[] | undefined;
	/** Messages of an attacker, spread over all sales; as many as `usualAttacks` for each sale where not given. */
	readonly attacks?: number | undefined;
	readonly engine?: "node" | "xs" | undefined;
	/** Name of a planted bug. */
	readonly mutant?: string | undefined;
	/** Processes; 0 plays in this one. The result does not depend on it. */
	readonly workers?: number | undefined;
	/** Only the day of this sale, up to it. */
	readonly only?: number | undefined;
	readonly onDay?: ((day: DayResult, done: { readonly sales: number; readonly virtualMs: number }) => void) | undefined;
	readonly stopped?: AbortSignal | undefined;
}

export interface CampaignResult {
	readonly sales: number;
	readonly violations: number;
	readonly seed: number;
	/** SHA-256 over the hashes of the days, in their order. */
	readonly hash: string;
	readonly results: {
		readonly days: number;
		readonly ends: Readonly<Record<string, number>>;
		readonly faults: Readonly<Record<string, number>>;
		readonly attacks: Readonly<Record<string, number>>;
		readonly openings: number;
		/** Plain baskets that went to people for their weights alone. */
		readonly doubtfulReviews: number;
		readonly oddBaskets: OddBaskets;
		readonly virtualMs: number;
		readonly violation: FoundViolation | undefined;
	};
}

/** Plays sales, a day after the other or several at once, until a promise is broken. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
	const orders = ordersOf(options);
	const results: DayResult[] = [];
	let sales = 0;
	let virtualMs = 0;
	const take = (result: DayResult): void => {
		results.push(result);
		sales += result.sales;
		virtualMs += result.virtualMs;
		options.onDay?.(result, { sales, virtualMs });
	};
	const workers = new Workers(options.workers ?? 0, options.mutant, playOrder);
	try {
		await workers.play(orders, take, options.stopped);
	} finally {
		workers.close();
	}
	return summary(options.seed, results);
}

/** The days in their order, up to and with the first one that broke a promise: which ones came first by the wall clock plays no part. */
function summary(seed: number, played: readonly DayResult[]): CampaignResult {
	const inOrder = [...played].sort((one, other) => one.day - other.day);
	const broken = inOrder.findIndex(({ violation }) => violation !== undefined);
	const days = broken < 0 ? inOrder : inOrder.slice(0, broken + 1);
	const hash = createHash("sha256");
	for (const day of days) hash.update(day.hash);
	const sum = (value: (day: DayResult) => number) => days.reduce((total, day) => total + value(day), 0);
	return {
		sales: sum((day) => day.sales),
		violations: broken < 0 ? 0 : 1,
		seed,
		hash: hash.digest("hex"),
		results: {
			days: days.length,
			ends: tally(days.map((day) => day.ends)),
			faults: tally(days.map((day) => day.faults)),
			attacks: tally(days.map((day) => day.attacks)),
			openings: sum((day) => day.openings),
			doubtfulReviews: sum((day) => day.doubtfulReviews),
			oddBaskets: {
				charged: sum((day) => day.oddBaskets.charged),
				overchargedCents: sum((day) => day.oddBaskets.overchargedCents),
				underchargedCents: sum((day) => day.oddBaskets.underchargedCents),
			},
			virtualMs: sum((day) => day.virtualMs),
			violation: days.at(-1)?.violation,
		},
	};
}

function tally(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
	const total: Record<string, number> = {};
	for (const record of records)
		for (const [name, count] of Object.entries(record)) total[name] = (total[name] ?? 0) + count;
	return Object.fromEntries(Object.entries(total).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function ordersOf(options: CampaignOptions): DayOrder[] {
	const { sales, seed, faults, without = [], engine = "node", only, machines = usualMachines } = options;
	const attacksASale = options.attacks === undefined ? usualAttacks : options.attacks / sales;
	const orders: DayOrder[] = [];
	for (let day = 1; (day - 1) * salesADay < sales; day++) {
		const firstSale = (day - 1) * salesADay + 1;
		const count = Math.min(salesADay, sales - firstSale + 1);
		if (only !== undefined && (only < firstSale || only >= firstSale + count)) continue;
		orders.push({
			seed,
			day,
			machine: machines[(day - 1) % machines.length] ?? "fridge",
			firstSale,
			sales: only === undefined ? count : only - firstSale + 1,
			attacksASale,
			faults: [...faults],
			without: [...without],
			engine,
		});
	}
	return orders;
}

/** Plays a day in this process. */
export async function playOrder(order: DayOrder): Promise<DayResult> {
	const { engine, faults, without, ...rest } = order;
	return playDay({
		...rest,
		faults: chooseCampaignFaults(faults),
		without: new Set(without),
		xsHost: engine === "xs" ? (await import("./xs-host.ts")).xsHost() : undefined,
	});
}
