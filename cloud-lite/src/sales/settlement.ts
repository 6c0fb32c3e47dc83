import type { BasketDecision, BasketItem } from "@visionvend/sdk/basket/basket-decision";
import { explainsReadings } from "@visionvend/sdk/basket/decide-basket";
import { decideDelivery } from "@visionvend/sdk/basket/decide-delivery";
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
	| { readonly kind: "cancel"; readonly cause: "never_opened" | "nothing_taken" | "not_delivered" }
	| { readonly kind: "capture"; readonly lines: readonly SaleLine[]; readonly finalCents: number }
	| { readonly kind: "review"; readonly cause: string };

/**
 * Prices the report of a machine that delivers. The decision of a pi does not matter: the controller's own word says
 * which slots delivered, and it must speak of the slots that were paid for, in their order.
 */
export function settleDelivery(
	report: SaleReportBody,
	slots: readonly number[],
	products: readonly Product[],
): Settlement {
	const { dispensed } = report;
	if (dispensed.length !== slots.length || dispensed.some(({ slot }, index) => slot !== slots[index])) {
		return { kind: "review", cause: "delivered_other_slots" };
	}
	const decision = decideDelivery(dispensed, products);
	if (decision.kind === "review") return { kind: "review", cause: "delivery_unknown" };
	const priced = price(decision.items, products);
	if (priced === undefined) return { kind: "review", cause: "unknown_product" };
	return priced.lines.length === 0 ? { kind: "cancel", cause: "not_delivered" } : { kind: "capture", ...priced };
}

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
	const priced = price(decision.items, products);
	if (priced === undefined) return { kind: "review", cause: "unknown_product" };
	if (!explainsReadings(decision.items, { shelves: report.shelves, products, flags: report.flags })) {
		return { kind: "review", cause: "weights_contradict_basket" };
	}
	return priced.finalCents === 0 ? { kind: "cancel", cause: "nothing_taken" } : { kind: "capture", ...priced };
}

/** Each item at its price at unlock; `undefined` when one has no price, or comes twice. */
function price(
	items: readonly BasketItem[],
	products: readonly Product[],
): { readonly lines: readonly SaleLine[]; readonly finalCents: number } | undefined {
	const lines: SaleLine[] = [];
	for (const { sku, quantity } of items) {
		const product = products.find((candidate) => candidate.sku === sku);
		if (!product || lines.some((line) => line.sku === sku)) return undefined;
		lines.push({ sku, name: product.name, quantity, unitPriceCents: product.priceCents });
	}
	return { lines, finalCents: lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0) };
}
