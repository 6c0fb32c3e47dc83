import { z } from "zod";
import { defineStep } from "../step-kind.ts";
import { durationSchema, millisecondsOf } from "../units.ts";

const fullSlot = 6;

export const slot = defineStep(
	"slot",
	"A slot of a vending machine is jammed, works again, is empty, or is full.",
	z.strictObject({ slot: z.int().min(0).max(15), is: z.enum(["jammed", "working", "empty", "full"]) }),
	({ stage }, { slot, is }) => {
		const { rack } = stage.machine;
		if (rack === undefined) throw new Error("this machine has no slots");
		const motor = rack.motor(slot);
		stage.tell("world", `slot ${is}`, { slot });
		if (is === "jammed" || is === "working") motor.setJammed(is === "jammed");
		else motor.fill(is === "full" ? fullSlot : 0);
	},
	(_step, { machine }) =>
		machine === "vending" ? [] : [{ path: ["slot"], message: 'Only a machine of kind "vending" has slots.' }],
);

export const climate = defineStep(
	"climate",
	"The climate of an equipped fridge: temperatures of the goods and of the room in °C, the compressor, the thermometer, a defrost.",
	z.strictObject({
		climate: z.strictObject({
			celsius: z.number().min(-40).max(80).optional().meta({ description: "The goods have it from now on." }),
			room: z.number().min(-40).max(80).optional(),
			compressor: z.enum(["works", "broken"]).optional(),
			thermometer: z.enum(["works", "dead"]).optional(),
			defrost: durationSchema.optional().meta({ description: "The evaporator is warmed for this long." }),
		}),
	}),
	({ stage }, { climate: { celsius, room, compressor, thermometer: part, defrost } }) => {
		const { climate, thermometer } = stage.machine;
		if (climate === undefined || thermometer === undefined) throw new Error("this machine has no climate");
		if (celsius !== undefined) climate.set(celsius);
		if (room !== undefined) climate.roomCelsius = room;
		if (compressor !== undefined) climate.compressorWorks = compressor === "works";
		if (part !== undefined) thermometer.power(part === "works");
		if (defrost !== undefined) climate.defrost(millisecondsOf(defrost) / 60_000);
		stage.tell("world", "climate", { celsius: climate.celsius, room: climate.roomCelsius });
	},
	(_step, { machine, equipped }) =>
		machine === "fridge" && equipped
			? []
			: [{ path: ["climate"], message: 'Only a fridge with "equipped": true has a climate.' }],
);

export const mains = defineStep(
	"mains",
	"The mains of an equipped machine fail, or come back. Its battery feeds it meanwhile.",
	z.strictObject({ mains: z.enum(["off", "on"]) }),
	({ stage }, { mains }) => {
		const { supply } = stage.machine;
		if (supply === undefined) throw new Error("this machine has no battery");
		stage.tell("world", mains === "off" ? "mains off" : "mains back");
		supply.setMains(mains === "on");
	},
	(_step, { equipped }) =>
		equipped ? [] : [{ path: ["mains"], message: 'Only a machine with "equipped": true has a battery.' }],
);

const pressMs = 300;
/** Longer than the controller wants it (restock button, `holdMs`). */
const heldMs = 4_000;

export const button = defineStep(
	"button",
	"Somebody presses the restock button of an equipped machine, which opens once more during a service, or holds it, which ends the service.",
	z.strictObject({ button: z.enum(["press", "hold"]) }),
	async (play, { button: how }) => {
		const { stage } = play;
		const { restockButton } = stage.machine;
		if (restockButton === undefined) throw new Error("this machine has no restock button");
		stage.tell("world", `button ${how === "press" ? "pressed" : "held"}`);
		restockButton.press();
		try {
			await play.pass(how === "press" ? pressMs : heldMs);
		} finally {
			restockButton.release();
		}
	},
	(_step, { equipped }) =>
		equipped ? [] : [{ path: ["button"], message: 'Only a machine with "equipped": true has a restock button.' }],
);

export const modem = defineStep(
	"modem",
	"The modem of a machine with LTE restarts by itself, hangs, or has a signal of so many dBm.",
	z.strictObject({ modem: z.union([z.enum(["restarts", "hangs", "works"]), z.int().min(-113).max(-51)]) }),
	({ stage }, { modem: what }) => {
		const { modem } = stage.machine;
		if (modem === undefined) throw new Error("this machine has no modem");
		stage.tell("world", "modem", { what });
		if (what === "restarts") modem.reboot();
		else if (typeof what === "number") modem.setSignal(Math.round((what + 113) / 2));
		else modem.setSilent(what === "hangs");
	},
	(_step, { uplink }) =>
		uplink === "lte" ? [] : [{ path: ["modem"], message: 'Only a machine with "uplink": "lte" has a modem.' }],
);
