import { z } from "zod";
import type { Play } from "../play.ts";
import { defineStep } from "../step-kind.ts";

/** From the tap to the bolt: the money is held, the shelves are weighed, the lock lets go. */
const unlockWithinMs = 15_000;

const salePattern = /^[A-Za-z0-9._-]{1,64}$/;
const saleHint = "letters, digits, dots, dashes; at most 64";
const slotSchema = z.int().min(0).max(15);
const saleSchema = z
	.union([z.literal(true), z.string().regex(salePattern, saleHint)])
	.meta({ description: "The id of the sale, or true for the next one: sale-1, sale-2, …" });

async function tap(play: Play, wanted: string | true, slots?: readonly number[]): Promise<number> {
	const { stage, sales } = play;
	const id = wanted === true ? `sale-${sales.length + 1}` : wanted;
	if (!sales.includes(id)) sales.push(id);
	stage.tell("phone", "tapped", { saleId: id, ...(slots === undefined ? {} : { slots }) });
	const phone = await play.phone();
	const { status, body } = await phone.unlock(id, stage.machineId, slots);
	stage.tell("phone", "answered", { saleId: id, status, body });
	return status;
}

export const unlock = defineStep(
	"unlock",
	"A phone asks for the door, and the lock lets go within 15 s.",
	z.strictObject({ unlock: saleSchema }),
	async (play, { unlock }) => {
		const { stage } = play;
		const status = await tap(play, unlock);
		if (status >= 400) throw new Error(`the cloud answered ${status} to the request to unlock`);
		await play.until("the lock lets go", () => stage.machine.lock.released, unlockWithinMs);
	},
);

export const dispense = defineStep(
	"dispense",
	"A phone pays for what a vending or coffee machine shall deliver: the number of a slot or recipe, or several.",
	z.strictObject({
		dispense: z.union([slotSchema, z.array(slotSchema).min(1).max(10)]),
		sale: z.string().regex(salePattern, saleHint).optional().meta({ description: "The id of the sale." }),
	}),
	async (play, { dispense, sale }) => {
		const { coffee } = play.stage.machine;
		// A fresh cup.
		play.pouredMillilitres = coffee?.group.pumpedMillilitres ?? 0;
		const status = await tap(play, sale ?? true, typeof dispense === "number" ? [dispense] : dispense);
		if (status >= 400) throw new Error(`the cloud answered ${status} to the request to deliver`);
	},
	(_step, { machine }) =>
		machine === "fridge"
			? [
					{
						path: ["dispense"],
						message: 'A fridge delivers nothing: say "machine": "vending" or "coffee", or unlock it.',
					},
				]
			: [],
);

export const tapStep = defineStep(
	"tap",
	"A phone asks for the door. Nobody waits for what comes of it.",
	z.strictObject({ tap: saleSchema }),
	async (play, { tap: wanted }) => {
		await tap(play, wanted).catch((error: unknown) =>
			// The cloud may be down on purpose; a phone shows it and lets its owner try again.
			play.stage.tell("phone", "failed", { reason: String(error) }),
		);
	},
);

export const card = defineStep(
	"card",
	"The shopper uses another card: a test payment method of Stripe.",
	z.strictObject({ card: z.string().regex(/^pm_card_/, "a test payment method of Stripe, as pm_card_visa") }),
	async (play, { card }) => {
		const phone = await play.phone();
		const { status, body } = await phone.savePayment(card);
		if (status !== 200) throw new Error(`the cloud answered ${status} to the card: ${JSON.stringify(body)}`);
	},
);
