import { z } from "zod";

/** What a customer orders at a machine that delivers. */
export const orderRequestSchema = z.object({
	items: z
		.array(
			z.object({
				/** Of the catalogue. */
				productId: z.string().min(1).max(64),
				quantity: z.int().min(1).max(10),
			}),
		)
		.min(1)
		.max(10),
	/** For the owner, who may have to call back. */
	customerName: z.string().trim().min(1).max(100).optional(),
	/** E.164: a country code and at most 15 digits in all; the plus may be missing. */
	customerPhone: z
		.string()
		.regex(/^\+?[1-9]\d{1,14}$/, "a phone number with its country code, such as +4930123456")
		.optional(),
});
export type OrderRequest = z.infer<typeof orderRequestSchema>;
