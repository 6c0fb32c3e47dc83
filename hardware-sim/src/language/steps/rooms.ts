import { z } from "zod";
import { defineStep } from "../step-kind.ts";

const roomSchema = z.enum(["cloud", "pi", "broker"]);

export const kill = defineStep(
	"kill",
	"A process dies without warning: the cloud, the Raspberry Pi, the broker.",
	z.strictObject({ kill: roomSchema }),
	(play, { kill }) => play.stage.kill(kill),
);

export const start = defineStep(
	"start",
	"A process that was killed starts again, from what it had stored.",
	z.strictObject({ start: roomSchema }),
	(play, { start }) => play.stage.start(start),
);

export const power = defineStep(
	"power",
	"The controller loses its power, or gets it back.",
	z.strictObject({ power: z.enum(["off", "on"]) }),
	({ stage }, { power }) => {
		stage.tell("world", power === "off" ? "power cut" : "power back");
		if (power === "off") stage.machine.powerCut();
		else stage.machine.powerUp("power-on");
	},
);

export const wire = defineStep(
	"wire",
	"The wire between the Raspberry Pi and the controller is cut, or mended.",
	z.strictObject({ wire: z.enum(["cut", "mended"]) }),
	({ stage }, { wire }) => {
		stage.machine.wire.cut = wire === "cut";
		stage.tell("world", wire === "cut" ? "wire cut" : "wire mended");
	},
);
