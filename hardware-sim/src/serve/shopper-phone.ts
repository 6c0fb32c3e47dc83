import { z } from "zod";
import type { Stage } from "../scenario/stage.ts";
import type { PageSale, PageState } from "./page-state.ts";

const saleSchema = z.object({
	id: z.string(),
	state: z.string(),
	cause: z.string().nullable(),
	currency: z.string(),
	heldCents: z.int(),
	capturedCents: z.int(),
	items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unitPriceCents: z.int() })),
	events: z.array(z.object({ atMs: z.number(), event: z.string() })),
});
const problemSchema = z.object({ detail: z.string() });

/** How often a phone asks how its sale goes. */
const askEveryMs = 400;
/** A sale that has ended is looked at a little longer: a second payment may follow. */
const askOnMs = 3_000;
const ends: ReadonlySet<string> = new Set(["captured", "cancelled", "review"]);

export const cards = [
	{ id: "pm_card_visa", label: "Visa 4242", note: "works" },
	{ id: "pm_card_chargeCustomerFail", label: "Visa 0341", note: "declines" },
] as const;

/** The shopper's phone at the page: the requests of the shop's web app, and what its screen has to show of them. */
export class ShopperPhone {
	readonly #stage: Stage;
	#card: string = cards[0].id;
	#count = 0;
	#busy = false;
	#problem: string | null = null;
	#saleId: string | undefined;
	#sale: PageSale | null = null;
	#askAtMs = 0;
	#endedAtMs: number | undefined;

	constructor(stage: Stage) {
		this.#stage = stage;
	}

	get state(): PageState["phone"] {
		return { card: this.#card, busy: this.#busy, problem: this.#problem };
	}

	get sale(): PageSale | null {
		return this.#sale;
	}

	async chooseCard(card: string): Promise<void> {
		const { status, body } = await this.#try(() => this.#stage.phone.savePayment(card));
		if (status < 400) this.#card = card;
		this.#problem = status < 400 ? null : problemOf(body);
	}

	/** Asks for the door, or for what is in these slots, as a tap on the app's button does. Whether the shop said yes. */
	async tap(slots: readonly number[] | undefined): Promise<boolean> {
		const saleId = `sale-${++this.#count}`;
		this.#busy = true;
		this.#problem = null;
		this.#stage.tell("phone", "tapped", { saleId });
		const { status, body } = await this.#try(() => this.#stage.phone.unlock(saleId, this.#stage.machineId, slots));
		this.#busy = false;
		this.#stage.tell("phone", "answered", { saleId, status, body });
		if (status >= 400) this.#problem = problemOf(body);
		this.#saleId = saleId;
		this.#sale = null;
		this.#askAtMs = 0;
		this.#endedAtMs = undefined;
		await this.look();
		return status < 400;
	}

	/** Asks how the sale goes, when it is time to. */
	async look(): Promise<void> {
		const { atMs } = this.#stage;
		if (this.#saleId === undefined || atMs < this.#askAtMs) return;
		if (this.#endedAtMs !== undefined && atMs > this.#endedAtMs + askOnMs) return;
		this.#askAtMs = atMs + askEveryMs;
		try {
			const sale = await this.#stage.phone.sale(this.#saleId);
			if (sale === undefined) return;
			this.#sale = saleSchema.parse(sale);
		} catch (error) {
			if (!isConnectionLost(error)) throw error;
			// The cloud is down on purpose. The phone keeps what it knows and asks again.
			return;
		}
		if (ends.has(this.#sale.state)) this.#endedAtMs ??= atMs;
	}

	/** The answer; one that never came is told like a server's own. */
	async #try(request: () => Promise<{ status: number; body: unknown }>): Promise<{ status: number; body: unknown }> {
		try {
			return await request();
		} catch (error) {
			if (!isConnectionLost(error)) throw error;
			return { status: 503, body: { detail: "No connection to the shop. Try again." } };
		}
	}
}

function isConnectionLost(error: unknown): boolean {
	return error instanceof Error && /^connection /.test(error.message);
}

function problemOf(body: unknown): string {
	const parsed = problemSchema.safeParse(body);
	return parsed.success ? parsed.data.detail : "The shop answered something that this phone does not understand.";
}
