import { configurationUpdateBodySchema, remoteActionSchema } from "@visionvend/sdk/protocol/messages";
import { z } from "zod";
import { firmwareKinds, releaseOf } from "../../machine/firmware/release.ts";
import { inMemory } from "../in-memory.ts";
import type { Play } from "../play.ts";
import { type Complaint, defineStep } from "../step-kind.ts";
import { durationSchema, massSchema, milligramsOf, millisecondsOf } from "../units.ts";

const msPerMinute = 60_000;

/** Remembers a command under the name that expectations use. */
async function sent(play: Play, name: string, send: () => Promise<string>): Promise<void> {
	const id = await send();
	play.commands.push({ name, id });
	play.stage.tell("world", "asked for", { what: name, commandId: id });
}

export const command = defineStep(
	"command",
	"The owner asks the machine for something, through the cloud. Nobody waits for what comes of it.",
	z.strictObject({
		command: remoteActionSchema,
		shelf: z.int().min(0).max(15).optional().meta({ description: "For tare and calibrate." }),
		mass: massSchema.optional().meta({ description: "For calibrate: what lies on the shelf." }),
		for: durationSchema.optional().meta({ description: "For service-start, in whole minutes: 1min to 240min." }),
	}),
	(play, { command: action, shelf, mass, for: time }) => {
		const { cloud, machineId } = inMemory(play.stage);
		return sent(play, action, () =>
			cloud.commands.send(machineId, {
				action,
				...(shelf === undefined ? {} : { shelf }),
				...(mass === undefined ? {} : { milligrams: milligramsOf(mass) }),
				...(time === undefined ? {} : { minutes: millisecondsOf(time) / msPerMinute }),
			}),
		);
	},
	({ command: action, shelf, mass, for: time }): Complaint[] => {
		const isOfShelf = action === "tare" || action === "calibrate";
		const minutes = time === undefined ? undefined : millisecondsOf(time) / msPerMinute;
		const complaints: Complaint[] = [];
		const complain = (member: string, message: string) => complaints.push({ path: [member], message });
		if (isOfShelf && shelf === undefined) complain("command", `"${action}" needs a "shelf".`);
		if (!isOfShelf && shelf !== undefined) complain("shelf", `"${action}" is not about a shelf.`);
		if ((action === "calibrate") !== (mass !== undefined))
			complain("command", '"calibrate", and nothing else, needs a "mass".');
		if (
			action === "service-start" &&
			!(minutes !== undefined && Number.isInteger(minutes) && minutes >= 1 && minutes <= 240)
		)
			complain("command", '"service-start" needs "for", in whole minutes: 1min to 240min.');
		if (action !== "service-start" && time !== undefined) complain("for", `"${action}" lasts no time.`);
		return complaints;
	},
);

export const configure = defineStep(
	"configure",
	"The owner sends new settings. Each member that is given replaces the whole member of the controller's configuration.",
	z.strictObject({ configure: configurationUpdateBodySchema.shape.settings.strict() }),
	(play, { configure: settings }) => {
		const { cloud, machineId } = inMemory(play.stage);
		return sent(play, "configure", () => cloud.commands.configure(machineId, settings));
	},
);

export const update = defineStep(
	"update",
	"The owner offers firmware: next is newer, broken is newer and does not start, older is what ran before, forged has another's signature.",
	z.strictObject({ update: z.enum(firmwareKinds) }),
	(play, { update: kind }) => {
		const { cloud, machineId } = inMemory(play.stage);
		const { manifest, image } = releaseOf(kind);
		return sent(play, "update", () => cloud.commands.offerFirmware(machineId, manifest, image));
	},
);
