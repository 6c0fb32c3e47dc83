import { z } from "zod";
import { didYouMean } from "../did-you-mean.ts";
import type { SettledOptions } from "../options.ts";
import type { Play } from "../play.ts";
import { type Complaint, defineStep } from "../step-kind.ts";
import { durationSchema, massSchema, milligramsOf, millisecondsOf } from "../units.ts";

const usualHandMs = 1_100;
const skuSchema = z.string().min(1).meta({ description: "A product of this machine, by its sku." });
const shelfSchema = z.int().min(0).max(15).meta({ description: "0 is the topmost shelf." });
const over = durationSchema.optional().meta({ description: "How long until the next step. 1.1s where not given." });

async function afterHands(play: Play, over: string | undefined): Promise<void> {
	await play.pass(over === undefined ? usualHandMs : millisecondsOf(over));
}

function unknownProduct(key: string, sku: string, { products }: SettledOptions): Complaint[] {
	const skus = products.map((product) => product.sku);
	if (skus.includes(sku)) return [];
	return [{ path: [key], message: `There is no product "${sku}" in this machine${didYouMean(sku, skus)}` }];
}

function unknownShelf(shelf: number | undefined, { products }: SettledOptions): Complaint[] {
	const highest = Math.max(...products.map((product) => product.shelf));
	if (shelf === undefined || shelf <= highest) return [];
	return [{ path: ["shelf"], message: `There is no shelf ${shelf}; the lowest one is ${highest}.` }];
}

export const take = defineStep(
	"take",
	"A hand takes products out; true takes one that chance chooses.",
	z.strictObject({ take: z.union([z.literal(true), skuSchema]), quantity: z.int().min(1).max(20).optional(), over }),
	async (play, { take, quantity = 1, over }) => {
		const { fridge } = play.stage.machine;
		for (let count = 0; count < quantity; count++) {
			const inside = fridge.units.filter((unit) => fridge.placeOf(unit) !== undefined);
			const chosen = take === true ? play.pick(inside)?.sku : take;
			if (chosen === undefined) throw new Error("there is nothing left to take");
			play.hands.push(play.stage.shopper.take(chosen));
			await afterHands(play, over);
		}
	},
	({ take }, options) => (take === true ? [] : unknownProduct("take", take, options)),
);

export const putBack = defineStep(
	"putBack",
	"A hand puts a taken product back: on its own shelf, or on another.",
	z.strictObject({ putBack: z.union([z.literal(true), skuSchema]), shelf: shelfSchema.optional(), over }),
	async (play, { putBack, shelf, over }) => {
		const unit = play.hands.filter(({ sku }) => putBack === true || sku === putBack).at(-1);
		if (unit === undefined)
			throw new Error(
				`the shopper holds ${play.hands.length === 0 ? "nothing" : play.hands.map(({ sku }) => sku).join(", ")}`,
			);
		play.hands.splice(play.hands.indexOf(unit), 1);
		play.stage.shopper.putBack(unit, shelf ?? unit.homeShelf);
		await afterHands(play, over);
	},
	({ putBack, shelf }, options) => [
		...(putBack === true ? [] : unknownProduct("putBack", putBack, options)),
		...unknownShelf(shelf, options),
	],
);

export const place = defineStep(
	"place",
	"A hand puts something on a shelf that was never for sale.",
	z.strictObject({
		place: z.string().min(1).meta({ description: "What people call it: stone." }),
		mass: massSchema,
		shelf: shelfSchema,
		over,
	}),
	async (play, { place, mass, shelf, over }) => {
		play.stage.shopper.place({ name: place, milligrams: milligramsOf(mass) }, shelf);
		await afterHands(play, over);
	},
	({ shelf }, options) => unknownShelf(shelf, options),
);

export const lean = defineStep(
	"lean",
	"Somebody leans on a shelf, or pulls at it with a force below zero.",
	z.strictObject({
		lean: massSchema.meta({ description: "The force, as the mass that would weigh as much." }),
		shelf: shelfSchema,
		for: durationSchema,
	}),
	async (play, { lean, shelf: number, for: time }) => {
		const force = milligramsOf(lean);
		play.stage.tell("world", "leaned on", { shelf: number, milligrams: force });
		const letGo = play.stage.shopper.lean(number, force);
		try {
			await play.pass(millisecondsOf(time));
		} finally {
			letGo();
		}
	},
	({ shelf }, options) => unknownShelf(shelf, options),
);
