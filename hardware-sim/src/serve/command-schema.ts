import { z } from "zod";
import type { Command } from "./page-state.ts";

const thing = z.string().min(1).max(80);

/** Checks what comes to `POST /commands`. What each command does is told at its type. */
export const commandSchema: z.ZodType<Command> = z.discriminatedUnion("do", [
	z.strictObject({ do: z.literal("tap"), slots: z.array(z.int().min(0).max(15)).min(1).max(10).optional() }),
	z.strictObject({ do: z.literal("card"), card: z.string().regex(/^pm_card_\w+$/, "a test payment method of Stripe") }),
	z.strictObject({ do: z.literal("open") }),
	z.strictObject({ do: z.literal("close") }),
	z.strictObject({ do: z.literal("force") }),
	z.strictObject({ do: z.literal("take"), thing }),
	z.strictObject({ do: z.literal("put"), thing, shelf: z.int().min(0).max(15) }),
	z.strictObject({ do: z.literal("stone"), grams: z.int().min(1).max(5_000) }),
	z.strictObject({ do: z.literal("collect") }),
	z.strictObject({ do: z.literal("fault"), name: z.string().min(1).max(80) }),
	z.strictObject({ do: z.literal("speed"), speed: z.literal([0, 1, 10]) }),
	z.strictObject({
		do: z.literal("reset"),
		seed: z.int().min(0).max(0xffff_ffff),
		kind: z.enum(["fridge", "vending", "coffee"]).optional(),
	}),
]);
