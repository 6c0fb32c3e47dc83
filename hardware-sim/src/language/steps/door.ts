import { z } from "zod";
import { defineStep } from "../step-kind.ts";
import { durationSchema, millisecondsOf } from "../units.ts";

/** A door that is thrown shut: from wide open. */
const slamMs = 220;
/** Longer than any door takes by itself. */
const swingLimitMs = 60_000;
const ajarDegrees = 8;

export const door = defineStep(
	"door",
	"Somebody moves the door: opens it, closes it, tears it open, or leaves it ajar.",
	z.strictObject({
		door: z.enum(["open", "close", "force", "ajar"]),
		over: durationSchema.optional().meta({ description: "From shut to wide open, or back." }),
		slam: z.boolean().optional().meta({ description: "Thrown shut: every shelf trembles." }),
	}),
	async (play, { door: how, over, slam }) => {
		const { stage } = play;
		const { shopper } = stage;
		const { door } = stage.machine.fridge;
		const overMs = over === undefined ? undefined : millisecondsOf(over);
		if (how === "force") shopper.force();
		else if (how === "ajar") door.leaveAt(ajarDegrees);
		else if (how === "close") shopper.close(slam === true ? slamMs : overMs);
		else if (!shopper.open(overMs)) throw new Error("the door does not move: the bolt holds it shut");
		await play.until("the door comes to rest", () => !door.moving, swingLimitMs);
	},
	({ door, slam, over }) =>
		slam === undefined || (door === "close" && over === undefined)
			? []
			: [{ path: ["slam"], message: 'Only "door": "close" can slam, and then it has no "over".' }],
);
