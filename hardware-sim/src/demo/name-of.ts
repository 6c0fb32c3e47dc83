import { demoCatalogue } from "../world/demo-catalogue.ts";

/** What people call a product of the demo fridge. */
export function nameOf(sku: string): string {
	return demoCatalogue.find((product) => product.sku === sku)?.name ?? sku;
}
