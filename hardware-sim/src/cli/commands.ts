import type { Command } from "./command.ts";

/**
 * The commands, in the order in which help lists them. A command is a module of this folder; it is loaded when it is
 * called.
 */
export const commands: Readonly<Record<string, () => Promise<Command>>> = Object.freeze({
	run: () => import("./run.ts"),
	list: () => import("./list.ts"),
	lint: () => import("./lint.ts"),
	sweep: () => import("./sweep.ts"),
	campaign: () => import("./campaign.ts"),
	"eval-detector": () => import("./eval-detector.ts"),
	"eval-sessions": () => import("./eval-sessions.ts"),
	bench: () => import("./bench.ts"),
	fleet: () => import("./fleet.ts"),
	record: () => import("./record.ts"),
	replay: () => import("./replay.ts"),
	scenes: () => import("./scenes.ts"),
	schema: () => import("./schema.ts"),
	conformance: () => import("./conformance.ts"),
	serve: () => import("./serve.ts"),
	demo: () => import("./demo.ts"),
	stripe: () => import("./stripe.ts"),
	razorpay: () => import("./razorpay.ts"),
	xs: () => import("./xs.ts"),
});
