import type { BasketDecision } from "@visionvend/sdk/basket/basket-decision";
import { explainsReadings } from "@visionvend/sdk/basket/decide-basket";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { SaleReportBody } from "@visionvend/sdk/device/messages";

/** What was sold, at the price at unlock. */
export interface SaleLine {
	readonly sku: string;
	readonly name: string;
	readonly quantity: number;
	readonly unitPriceCents: number;
}

/** What a report means for the money. */
export type Settlement =
	| { readonly kind: "cancel"; readonly cause: "never_opened" | "nothing_taken" }
	| { readonly kind: "capture"; readonly lines: readonly SaleLine[]; readonly finalCents: number }
	| { readonly kind: "review"; readonly cause: string };

/**
 * Prices a report. The weights come from the controller under its own seal; the basket comes from the pi, which is not
 * trusted with money: a basket that the weights do not explain goes to review.
 */
export function settle(report: SaleReportBody, decision: BasketDecision, products: readonly Product[]): Settlement {
	if (report.flags.includes("forced")) return { kind: "review", cause: "forced_door" };
	if (!report.opened) return { kind: "cancel", cause: "never_opened" };
	if (report.flags.includes("scale-fault")) return { kind: "review", cause: "scale_fault" };
	if (report.flags.includes("unstable")) return { kind: "review", cause: "unstable_scale" };
	if (decision.kind === "review") return { kind: "review", cause: decision.reason.replaceAll("-", "_") };
	const lines: SaleLine[] = [];
	for (const { sku, quantity } of decision.items) {
		const product = products.find((candidate) => candidate.sku === sku);
		if (!product || lines.some((line) => line.sku === sku)) return { kind: "review", cause: "unknown_product" };
		lines.push({ sku, name: product.name, quantity, unitPriceCents: product.priceCents });
	}
	if (!explainsReadings(decision.items, { shelves: report.shelves, products, flags: report.flags })) {
		return { kind: "review", cause: "weights_contradict_basket" };
	}
	const finalCents = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
	return finalCents === 0 ? { kind: "cancel", cause: "nothing_taken" } : { kind: "capture", lines, finalCents };
}
