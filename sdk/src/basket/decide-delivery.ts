import type { Product } from "../catalog/product.ts";
import type { DispenseResult } from "../device/messages.ts";
import type { BasketDecision, BasketItem } from "./basket-decision.ts";

/**
 * What a machine that delivers has handed out, by its own sensors: slot n holds the product of shelf n. Everything that
 * was delivered is sold; a slot whose fate nobody knows makes the whole a matter for people.
 */
export function decideDelivery(dispensed: readonly DispenseResult[], products: readonly Product[]): BasketDecision {
	const items: BasketItem[] = [];
	const lost = dispensed.find(({ outcome }) => outcome === "unknown");
	if (lost !== undefined) return review(`Nobody knows whether slot ${lost.slot} delivered: ${lost.reason}.`);
	for (const { slot, outcome } of dispensed) {
		if (outcome !== "delivered") continue;
		const [product, another] = products.filter(({ shelf }) => shelf === slot);
		if (product === undefined) return review(`Slot ${slot} delivered something that is in no price list.`);
		if (another !== undefined) return review(`Slot ${slot} has two products: ${product.sku} and ${another.sku}.`);
		const known = items.find(({ sku }) => sku === product.sku);
		if (known) known.quantity += 1;
		else items.push({ sku: product.sku, quantity: 1 });
	}
	items.sort((one, other) => (one.sku < other.sku ? -1 : 1));
	const failed = dispensed.filter(({ outcome }) => outcome === "failed");
	const failures = failed.map(({ slot, reason }) => `slot ${slot}: ${reason}`).join(", ");
	return {
		kind: "settle",
		items,
		probabilityPermille: 1000,
		detail: failures === "" ? "Every slot has delivered." : `Not delivered: ${failures}.`,
	};
}

function review(detail: string): BasketDecision {
	return { kind: "review", reason: "delivery-unknown", candidates: [], probabilityPermille: 0, detail };
}
