import type Stripe from "stripe";
import { missingResource } from "./api-error.ts";
import type { Parameters } from "./parameters.ts";

/** All objects of one kind, in the order of their creation. */
export class Collection<Item extends { readonly id: string }> {
	/** What error messages call it, e.g. `payment_intent`. */
	readonly kind: string;
	readonly #path: string;
	readonly #items = new Map<string, Item>();

	constructor(kind: string, path: string) {
		this.kind = kind;
		this.#path = path;
	}

	add(item: Item): Item {
		this.#items.set(item.id, item);
		return item;
	}

	find(id: string): Item | undefined {
		return this.#items.get(id);
	}

	/** The object, or Stripe's "No such …" error; `param` names the parameter that carried the id. */
	get(id: string, param?: string): Item {
		const item = this.#items.get(id);
		if (item === undefined) throw missingResource(this.kind, id, param);
		return item;
	}

	all(): Item[] {
		return [...this.#items.values()];
	}

	/** One page, newest first: `limit` (1 to 100, default 10), `starting_after`, `ending_before`. */
	list(parameters: Parameters, keep: (item: Item) => boolean = () => true): Stripe.ApiList<Item> {
		const limit = Math.min(parameters.integer("limit", 1) ?? 10, 100);
		const startingAfter = parameters.text("starting_after");
		const endingBefore = parameters.text("ending_before");
		parameters.end();
		const items = this.all().filter(keep).reverse();
		let start = 0;
		let end = start + limit;
		let hasMore = items.length > end;
		if (startingAfter !== undefined) {
			start = items.indexOf(this.get(startingAfter, "starting_after")) + 1;
			end = start + limit;
			hasMore = items.length > end;
		} else if (endingBefore !== undefined) {
			end = items.indexOf(this.get(endingBefore, "ending_before"));
			start = Math.max(0, end - limit);
			hasMore = start > 0;
		}
		return { object: "list", url: this.#path, has_more: hasMore, data: items.slice(start, end) };
	}
}
