import { z } from "zod";
import { defineStep } from "../step-kind.ts";
import { durationSchema, millisecondsOf } from "../units.ts";

export const pass = defineStep("pass", "Time passes.", z.strictObject({ pass: durationSchema }), (play, { pass }) =>
	play.pass(millisecondsOf(pass)),
);

export const say = defineStep(
	"say",
	"Writes a line into the story of the run.",
	z.strictObject({ say: z.string().min(1) }),
	(play, { say }) => play.stage.tell("world", "told", { text: say }),
);
