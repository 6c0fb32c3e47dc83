import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { plannedSlotsSchema } from "../inventory/planned-slots.ts";

const id = z.string().regex(/^[\w-]{1,64}$/);
const minuteOfDay = z.int().min(0).max(1_440);

/** What a campaign brings, to which machines, and how carefully. */
export const campaignPlanSchema = z
	.object({
		parts: z
			.object({
				controller: id.optional().openapi({ description: "An artifact: firmware of the controller" }),
				pi: id.optional().openapi({ description: "An artifact: a release of the Pi" }),
				model: id.optional().openapi({ description: "An artifact: what the cameras recognise with" }),
				config: z
					.record(z.string(), z.unknown())
					.optional()
					.openapi({ description: "A JSON merge patch (RFC 7396) of each machine's configuration" }),
				planogram: plannedSlotsSchema.optional().openapi({
					description: "What stands where in each machine from then on; a draft that waits is retired",
				}),
			})
			.refine((parts) => Object.values(parts).some((part) => part !== undefined), "at least one part"),
		target: z
			.object({
				machineIds: z.array(id).max(10_000).optional(),
				locationId: id.optional(),
				kind: z.enum(["fridge", "vending", "coffee"]).optional(),
			})
			.default({})
			.openapi({ description: "All of yours where empty; machines that come to be like this join" }),
		rings: z
			.array(z.number().gt(0).max(1))
			.min(1)
			.max(10)
			.default([0.01, 0.1, 0.5, 1])
			.refine(
				(rings) => rings.every((share, index) => share > (rings[index - 1] ?? 0)),
				"each larger than the one before",
			)
			.refine((rings) => rings.at(-1) === 1, "the last one is 1: all")
			.openapi({ description: "Which share of the machines has it once each ring is done" }),
		soakMinutes: z
			.int()
			.min(0)
			.max(30 * 1_440)
			.default(1_440)
			.openapi({ description: "Between one ring and the next" }),
		jitterMinutes: z
			.int()
			.min(0)
			.max(1_440)
			.default(60)
			.openapi({ description: "The machines of a ring begin spread over this" }),
		deadlineMinutes: z
			.int()
			.min(5)
			.max(7 * 1_440)
			.default(120)
			.openapi({ description: "A machine that has not reported by then has failed" }),
		window: z.object({ fromMinute: minuteOfDay, toMinute: minuteOfDay }).optional().openapi({
			description: "Minutes of the day, UTC, in which machines may begin; over midnight where from is later",
		}),
		stopAt: z
			.object({ failures: z.int().min(1).max(10_000), share: z.number().min(0).max(1) })
			.default({ failures: 3, share: 0.02 })
			.openapi({
				description:
					"So many failures in a ring, or a larger share of it than this (of one failure at least), stop everything",
			}),
	})
	.openapi("CampaignPlan");

export type CampaignPlan = z.infer<typeof campaignPlanSchema>;

/** How one machine stands. */
export interface Target {
	readonly machineId: string;
	readonly ring: number;
	readonly state: "waiting" | "offered" | "done" | "failed";
	readonly offeredAtMs: number | null;
}

/** How a running campaign stands. */
export interface Progress {
	readonly campaignId: string;
	readonly ring: number;
	readonly ringOpenedAtMs: number;
	readonly ringEndedAtMs: number | null;
}

/** What is to be done now; `nextAtMs`: when to look again, `undefined` when never. */
export interface Step {
	readonly offer: readonly string[];
	/** Machines that were silent too long. */
	readonly overdue: readonly string[];
	readonly progress: Progress;
	readonly end: { readonly state: "stopped" | "done"; readonly reason: string } | undefined;
	readonly nextAtMs: number | undefined;
}

const dayMinutes = 1_440;
const minuteMs = 60_000;
/** While machines are at it, their reports are looked for this often. */
const lookEveryMs = 30_000;

/** A number of 0 to 1 that is the same each time, and another one for each campaign and machine. */
export function lotOf(campaignId: string, machineId: string): number {
	return createHash("sha256").update(`${campaignId}\n${machineId}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** Puts machines into rings by lot. Each ring but an empty fleet's has one at least, as long as there are any left. */
export function assignRings(
	campaignId: string,
	machineIds: readonly string[],
	rings: readonly number[],
): Map<string, number> {
	const lots = new Map(machineIds.map((machineId) => [machineId, lotOf(campaignId, machineId)]));
	const lot = (machineId: string): number => lots.get(machineId) ?? 0;
	const drawn = [...machineIds].sort((one, other) => lot(one) - lot(other) || (one < other ? -1 : 1));
	return new Map(
		drawn.map((machineId, place) => [
			machineId,
			Math.max(
				0,
				rings.findIndex((share) => place < Math.ceil(share * drawn.length)),
			),
		]),
	);
}

/** Decides what a running campaign does now. Does nothing itself, so every fleet can be played through in a test. */
export function decideStep(plan: CampaignPlan, before: Progress, targets: readonly Target[], nowMs: number): Step {
	const deadlineMs = plan.deadlineMinutes * minuteMs;
	const overdue = targets
		.filter(
			({ state, offeredAtMs }) => state === "offered" && offeredAtMs !== null && nowMs >= offeredAtMs + deadlineMs,
		)
		.map(({ machineId }) => machineId);
	const gone = new Set(overdue);
	const stateOf = (target: Target) => (gone.has(target.machineId) ? "failed" : target.state);
	let progress = before;
	for (;;) {
		const inRing = targets.filter(({ ring }) => ring === progress.ring);
		// What joins late, into a ring that is over, is taken along; its failure counts where it is.
		const open = targets.filter(
			({ ring, ...rest }) => ring <= progress.ring && ["waiting", "offered"].includes(stateOf({ ring, ...rest })),
		);
		const failures = inRing.filter((target) => stateOf(target) === "failed").length;
		const tooMany = failures >= plan.stopAt.failures || (failures > 0 && failures / inRing.length > plan.stopAt.share);
		if (tooMany) {
			const reason = `${failures} of ${inRing.length} machines of ring ${progress.ring + 1} failed`;
			return { offer: [], overdue, progress, end: { state: "stopped", reason }, nextAtMs: undefined };
		}
		if (open.length > 0) {
			progress = { ...progress, ringEndedAtMs: null };
			return { ...offers(plan, progress, open, stateOf, nowMs), overdue, progress, end: undefined };
		}
		const endedAtMs = progress.ringEndedAtMs ?? nowMs;
		progress = { ...progress, ringEndedAtMs: endedAtMs };
		if (progress.ring >= plan.rings.length - 1) {
			return { offer: [], overdue, progress, end: { state: "done", reason: "" }, nextAtMs: undefined };
		}
		const soakedAtMs = inRing.length === 0 ? nowMs : endedAtMs + plan.soakMinutes * minuteMs;
		if (nowMs < soakedAtMs) return { offer: [], overdue, progress, end: undefined, nextAtMs: soakedAtMs };
		progress = { ...progress, ring: progress.ring + 1, ringOpenedAtMs: nowMs, ringEndedAtMs: null };
	}
}

function offers(
	plan: CampaignPlan,
	{ campaignId, ringOpenedAtMs }: Progress,
	open: readonly Target[],
	stateOf: (target: Target) => string,
	nowMs: number,
): { offer: string[]; nextAtMs: number } {
	const offer: string[] = [];
	let nextAtMs = Number.POSITIVE_INFINITY;
	for (const target of open) {
		if (stateOf(target) === "offered") {
			nextAtMs = Math.min(nextAtMs, nowMs + lookEveryMs);
			continue;
		}
		const lotMs = Math.floor(lotOf(campaignId, target.machineId) * plan.jitterMinutes * minuteMs);
		const mayAtMs = intoWindow(plan.window, Math.max(nowMs, ringOpenedAtMs + lotMs));
		if (mayAtMs <= nowMs) offer.push(target.machineId);
		else nextAtMs = Math.min(nextAtMs, mayAtMs);
	}
	return { offer, nextAtMs: offer.length > 0 ? nowMs + lookEveryMs : nextAtMs };
}

/** The first moment from `atMs` on that lies in the window. */
function intoWindow(window: CampaignPlan["window"], atMs: number): number {
	if (window === undefined || window.fromMinute === window.toMinute) return atMs;
	const { fromMinute, toMinute } = window;
	const minute = Math.floor(atMs / minuteMs) % dayMinutes;
	const inside =
		fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
	if (inside) return atMs;
	const dayStartMs = atMs - (atMs % (dayMinutes * minuteMs));
	return dayStartMs + (fromMinute + (minute < fromMinute ? 0 : dayMinutes)) * minuteMs;
}
