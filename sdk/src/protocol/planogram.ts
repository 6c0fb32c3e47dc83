import { z } from "zod";
import { type Product, productSchema } from "../catalog/product.ts";

/** Parts of a planogram: as many products as a machine may sell stay below it. */
const mostParts = 64;

/** Bytes of products in a part: sealed in an envelope it stays below `maximumNodeTokenCharacters`. */
const mostPartBytes = 8_192;

/** Which planogram: rises with every change of places, prices and masses in a machine. 0: as provisioned. */
const version = z.int().min(0);

/** cloud → pi: a part of what stands where in the machine, and what it costs, from the next session on. */
export const planogramBodySchema = z.object({
	version,
	/** Counts from 0. */
	part: z.int().min(0),
	parts: z.int().min(1).max(mostParts),
	products: z.array(productSchema).max(500),
});

/** cloud → pi: a part of what stands where in the machine, and what it costs, from the next session on. */
export type PlanogramBody = z.infer<typeof planogramBodySchema>;

/** pi → cloud: which planogram it decides by; when it starts, when the broker is back, and when it has taken a new one. */
export const planogramStatusBodySchema = z.object({ version });

/** pi → cloud: which planogram it decides by. */
export type PlanogramStatusBody = z.infer<typeof planogramStatusBodySchema>;

/** Cuts a planogram into messages that a sealed envelope can carry. */
export function planogramParts(version: number, products: readonly Product[]): PlanogramBody[] {
	const cuts: Product[][] = [[]];
	let bytes = 0;
	for (const product of products) {
		const size = Buffer.byteLength(JSON.stringify(product)) + 1;
		if (bytes + size > mostPartBytes) {
			cuts.push([]);
			bytes = 0;
		}
		cuts.at(-1)?.push(product);
		bytes += size;
	}
	return cuts.map((part, index) => ({ version, part: index, parts: cuts.length, products: part }));
}
