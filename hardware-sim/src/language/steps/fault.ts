import { z } from "zod";
import {
	flippedBits,
	linkFlippedBits,
	linkLostBytes,
	lostBytes,
	nack,
	stuckData,
	wrongAnswers,
} from "../../faults/bus-faults.ts";
import { faults } from "../../faults/catalogue.ts";
import { cellFreeze, cellReset, displayReset } from "../../faults/chip-faults.ts";
import { type Fault, faultLayers } from "../../faults/fault.ts";
import { clockSkew, controllerRestart, killed, stall } from "../../faults/host-faults.ts";
import { bounce, glitch, open, short, stuck } from "../../faults/net-faults.ts";
import {
	linkDelay,
	linkDuplicate,
	linkLoss,
	linkPartition,
	linkReorder,
	networkDelay,
	networkDuplicate,
	networkLoss,
	networkReorder,
	webhooksLateAndTwice,
} from "../../faults/network-faults.ts";
import { brownOut, brownOutAtCoil, powerCut } from "../../faults/power-faults.ts";
import { detach, drift, hallDetached, handResting, saturate } from "../../faults/sensor-faults.ts";
import { doorAjar, doorSensorCovered, wrongShelf } from "../../faults/world-faults.ts";
import { didYouMean } from "../did-you-mean.ts";
import { type Complaint, defineStep } from "../step-kind.ts";
import { durationSchema, massSchema, milligramsOf, millisecondsOf, nanosecondsOf } from "../units.ts";

const permille = z.int().min(1).max(1000).meta({ description: "How many of a thousand." });
const yes = z.literal(true);
const usualDriftMs = 4_000;

const lasting = {
	for: durationSchema
		.optional()
		.meta({ description: "Until it is mended. To the end of the scenario where not given." }),
};
const names = faults.map(({ name }) => name);

/** What can break at each layer. Of the members below `at`, a step has exactly one; its value says how much. */
const faultSchema = z.discriminatedUnion(
	"fault",
	[
		z.strictObject({
			fault: z.literal("net"),
			at: z.string().min(1).meta({ description: "The wire, as a trace calls it: lock_coil." }),
			stuck: z.literal([0, 1]).optional().meta({ description: "Held at this level." }),
			open: yes.optional().meta({ description: "Broken: only resistors hold it." }),
			short: z.string().min(1).optional().meta({ description: "Touches this other wire." }),
			bounce: durationSchema.optional().meta({ description: "Every edge is followed by others for this long." }),
			glitch: durationSchema.optional().meta({ description: "Now and then it has the other level for this long." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("bus"),
			at: z.enum(["oled", "link"]).meta({ description: "The display on I2C, or the line to the Pi." }),
			nack: z.enum(["address", "data"]).optional().meta({ description: "The part does not acknowledge this." }),
			flip: permille.optional(),
			lose: permille.optional(),
			stuck: yes.optional().meta({ description: "SDA is held low." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("chip"),
			at: z.string().regex(/^(oled|hx711_\d+)$/, "oled, or hx711_0 and so on"),
			reset: yes.optional(),
			freeze: yes.optional(),
			wrongId: yes.optional(),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("host"),
			stall: durationSchema
				.optional()
				.meta({ description: "The controller is held up this long, in the middle of readings." }),
			restart: yes.optional().meta({ description: "The controller restarts." }),
			clock: z
				.strictObject({
					of: z.enum(["cloud", "pi"]),
					ahead: durationSchema.optional(),
					behind: durationSchema.optional(),
				})
				.optional()
				.meta({ description: "The clock of a room is wrong by this much." }),
			killed: z
				.enum(["cloud", "pi", "broker"])
				.optional()
				.meta({ description: "A process dies without warning, and starts again when the fault is over." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("power"),
			cut: yes.optional(),
			brownOut: z
				.enum(["now", "coil"])
				.optional()
				.meta({ description: "A dip of 30 ms: now, or whenever the coil is switched on." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("sensor"),
			at: z
				.union([z.int().min(0).max(15), z.literal("hall")])
				.meta({ description: "The number of a shelf, or hall, the door's sensor." }),
			saturate: yes.optional(),
			drift: massSchema.optional(),
			detach: yes.optional(),
			hand: massSchema.optional().meta({ description: "A hand rests there, as heavy as this." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("world"),
			ajar: yes.optional(),
			wrongShelf: yes.optional(),
			covered: z.literal("hall").optional().meta({ description: "A magnet is taped over the door's sensor." }),
			...lasting,
		}),
		z.strictObject({
			fault: z.literal("network"),
			at: z.enum(["link", "webhooks", "cloud", "pi", "controller"]).meta({
				description: "The line to the Pi, the bank's webhooks, or the way of a room to the broker.",
			}),
			partition: yes.optional(),
			lose: permille.optional(),
			delay: durationSchema.optional(),
			duplicate: permille.optional(),
			reorder: durationSchema.optional().meta({ description: "Pieces are late by up to this." }),
			...lasting,
		}),
		z.strictObject({ fault: z.enum(names).meta({ description: "A fault by its name." }), ...lasting }),
	],
	{
		error: ({ code, input }) => {
			if (code !== "invalid_union" || typeof input !== "object" || input === null || !("fault" in input))
				return undefined;
			return `There is no fault ${JSON.stringify(input.fault)}${didYouMean(String(input.fault), [...faultLayers, ...names])}`;
		},
	},
);
type FaultStep = z.infer<typeof faultSchema>;

/** The fault that a step describes; `undefined` when it does not say what breaks, or says something that cannot. */
function faultOf(step: FaultStep): Fault | undefined {
	switch (step.fault) {
		case "net":
			if (step.stuck !== undefined) return stuck(step.at, step.stuck);
			if (step.open) return open(step.at);
			if (step.short !== undefined) return short(step.at, step.short);
			if (step.bounce !== undefined) return bounce(step.at, millisecondsOf(step.bounce));
			return step.glitch === undefined ? undefined : glitch(step.at, nanosecondsOf(step.glitch));
		case "bus": {
			const isLink = step.at === "link";
			if (step.flip !== undefined) return isLink ? linkFlippedBits(step.flip) : flippedBits(step.at, step.flip);
			if (step.lose !== undefined) return isLink ? linkLostBytes(step.lose) : lostBytes(step.at, step.lose);
			if (isLink) return undefined;
			if (step.nack !== undefined) return nack(step.at, step.nack);
			return step.stuck ? stuckData() : undefined;
		}
		case "chip": {
			const cell = /^hx711_(\d+)$/.exec(step.at)?.[1];
			if (step.reset) return cell === undefined ? displayReset() : cellReset(Number(cell));
			if (step.freeze) return cell === undefined ? nack(step.at, "address") : cellFreeze(Number(cell));
			return step.wrongId && cell === undefined ? wrongAnswers(step.at) : undefined;
		}
		case "host":
			if (step.stall !== undefined) return stall(nanosecondsOf(step.stall));
			if (step.clock !== undefined) return wrongClock(step.clock);
			if (step.killed !== undefined) return killed(step.killed);
			return step.restart ? controllerRestart() : undefined;
		case "power":
			if (step.cut) return powerCut();
			if (step.brownOut === undefined) return undefined;
			return step.brownOut === "now" ? brownOut() : brownOutAtCoil();
		case "sensor":
			if (step.at === "hall") return step.detach ? hallDetached() : undefined;
			if (step.saturate) return saturate(step.at);
			if (step.drift !== undefined) return drift(step.at, milligramsOf(step.drift), usualDriftMs);
			if (step.hand !== undefined) return handResting(step.at, milligramsOf(step.hand));
			return step.detach ? detach(step.at) : undefined;
		case "world":
			if (step.ajar) return doorAjar();
			if (step.wrongShelf) return wrongShelf();
			return step.covered === undefined ? undefined : doorSensorCovered();
		case "network":
			if (step.at === "webhooks")
				return step.delay === undefined ? undefined : webhooksLateAndTwice(millisecondsOf(step.delay));
			if (step.at === "link") {
				if (step.partition) return linkPartition();
				if (step.lose !== undefined) return linkLoss(step.lose);
				if (step.delay !== undefined) return linkDelay(millisecondsOf(step.delay));
				if (step.duplicate !== undefined) return linkDuplicate(step.duplicate);
				return step.reorder === undefined ? undefined : linkReorder(millisecondsOf(step.reorder));
			}
			if (step.partition) return networkLoss(step.at, 1_000);
			if (step.lose !== undefined) return networkLoss(step.at, step.lose);
			if (step.delay !== undefined) return networkDelay(step.at, millisecondsOf(step.delay));
			if (step.duplicate !== undefined) return networkDuplicate(step.at, step.duplicate);
			return step.reorder === undefined ? undefined : networkReorder(step.at, millisecondsOf(step.reorder));
		default:
			return faults.find(({ name }) => name === step.fault);
	}
}

function wrongClock(clock: {
	readonly of: "cloud" | "pi";
	readonly ahead?: string | undefined;
	readonly behind?: string | undefined;
}): Fault | undefined {
	const { of, ahead, behind } = clock;
	if ((ahead === undefined) === (behind === undefined)) return undefined;
	return clockSkew(of, millisecondsOf(ahead ?? "0s") - millisecondsOf(behind ?? "0s"));
}

export const fault = defineStep(
	"fault",
	"Something breaks: by its layer and what happens there, or a fault by its name.",
	faultSchema,
	async (play, step) => {
		const chosen = faultOf(step);
		if (chosen === undefined) throw new Error("this step does not say what breaks");
		await play.inject(chosen, step.for === undefined ? undefined : millisecondsOf(step.for));
	},
	(step): Complaint[] => {
		const how = Object.keys(step).filter((member) => !["fault", "at", "for"].includes(member));
		const known = faultSchema.options.find(({ shape }) => shape.fault.safeParse(step.fault).success)?.shape ?? {};
		const choices = Object.keys(known).filter((member) => !["fault", "at", "for"].includes(member));
		if (how.length === 1 && faultOf(step) === undefined)
			return [
				{
					path: [how[0] ?? "fault"],
					message: `"${how[0]}" cannot happen ${"at" in step ? `at ${step.at}` : "there"}.`,
				},
			];
		if (choices.length === 0 || how.length === 1) return [];
		return [{ path: ["fault"], message: `Say one thing that happens: ${choices.join(", ")}.` }];
	},
);

/** The members of a step by its layer, for those who write TypeScript. */
export type FaultMembers<Layer extends FaultStep["fault"]> = Omit<Extract<FaultStep, { fault: Layer }>, "fault" | "at">;
/** Where a fault of this layer can be. */
export type FaultPlace<Layer extends FaultStep["fault"]> = Extract<FaultStep, { fault: Layer; at: unknown }>["at"];
