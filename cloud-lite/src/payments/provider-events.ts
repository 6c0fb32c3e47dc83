import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import type { Metrics } from "../http/metrics.ts";
import { Problem } from "../http/problem.ts";
import { owedCents } from "../sales/sale-collection.ts";
import type { SaleEvent } from "../sales/sale-machine.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import type { Chargebacks } from "./chargebacks.ts";
import type { Gateway, GatewayName, Gateways } from "./gateway.ts";

/** What a provider tells of something that happened; only names are taken from it. */
export interface ProviderEvent {
	readonly gateway: GatewayName;
	readonly id: string;
	readonly type: string;
	/** What it is about; `undefined` where it does not matter to us. */
	readonly about: { readonly kind: "payment" | "dispute" | "refund"; readonly id: string } | undefined;
}

const operationSchema = z.object({
	sale_id: z.string(),
	kind: z.string(),
	sequence: z.int(),
	state: z.enum(["pending", "succeeded", "failed"]),
	outcome: z.string().nullable(),
});

/** Events of payment providers: they come more than once, late and in any order, so what happened is asked for. */
export class ProviderEvents {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #sales: SaleStore;
	readonly #gateways: Gateways;
	readonly #chargebacks: Chargebacks;
	readonly #onChange: () => void;

	constructor(options: {
		database: Database;
		clock: Clock;
		log: Log;
		metrics: Metrics;
		sales: SaleStore;
		gateways: Gateways;
		chargebacks: Chargebacks;
		/** Payments of a sale may be done by now. */
		onChange: () => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#metrics = options.metrics;
		this.#sales = options.sales;
		this.#gateways = options.gateways;
		this.#chargebacks = options.chargebacks;
		this.#onChange = options.onChange;
	}

	/**
	 * Takes an event whose signature was checked.
	 * @returns whether it was taken before
	 * @throws Problem 503 when the provider does not tell what happened: it shall send the event again
	 */
	async take(event: ProviderEvent): Promise<{ readonly received: true; readonly duplicate: boolean }> {
		const { id, type } = event;
		const [seen] = await this.#database.read("SELECT id FROM provider_event WHERE id = ?", [id]);
		const duplicate = seen !== undefined || !(await this.#takeOnce(event));
		this.#metrics.webhook(duplicate ? "duplicate" : "received");
		const name = duplicate ? "webhook.duplicate" : "webhook.received";
		this.#log({ level: "info", room: "cloud", event: name, id, type });
		return { received: true, duplicate };
	}

	/** @returns false when a twin was faster */
	async #takeOnce(event: ProviderEvent): Promise<boolean> {
		const { id, type, about } = event;
		const remember: Statement = {
			sql: "INSERT INTO provider_event (id, type, object, received_at_ms) VALUES (?, ?, ?, ?)",
			args: [id, type, about?.id ?? "", this.#clock.now()],
		};
		const gateway = this.#gateways[event.gateway];
		try {
			if (!gateway || about === undefined) await this.#database.write([remember]);
			else if (about.kind === "dispute") await this.#dispute(gateway, about.id, remember);
			else if (about.kind === "refund") await this.#refund(gateway, about.id, remember);
			else await this.#payment(gateway, about.id, remember);
		} catch (error) {
			if (error instanceof UniqueViolation && error.columns === "provider_event.id") return false;
			throw error;
		}
		this.#onChange();
		return true;
	}

	async #dispute(gateway: Gateway, disputeId: string, remember: Statement): Promise<void> {
		const now = await gateway.books.dispute(disputeId);
		if (now.kind !== "found") throw unanswered();
		const sale = now.dispute.intent === null ? undefined : await this.#sales.findByIntent(now.dispute.intent);
		if (sale) await this.#chargebacks.take(sale, now.dispute, [remember]);
		else await this.#database.write([remember]);
	}

	/** A refund that was done and that the bank did not take: the money is with us again, and the shopper waits for it. */
	async #refund(gateway: Gateway, refundId: string, remember: Statement): Promise<void> {
		const now = await gateway.provider.refundStatus(refundId);
		if (now.kind !== "found") throw unanswered();
		const { operation: key, amountCents, failed } = now;
		const before = key === null || !failed ? undefined : await this.#operation(key);
		if (key === null || !before) {
			await this.#database.write([remember]);
			return;
		}
		// What we asked for has no answer yet; the answer will say that it failed.
		if (before.state === "pending") throw unanswered();
		await this.#sales.change(before.sale_id, async (): Promise<SaleEvent | undefined> => {
			const operation = await this.#operation(key);
			if (operation?.state !== "succeeded" || operation.outcome === returned) return undefined;
			const { kind, sequence } = operation;
			return { type: "refund-returned", of: kind === "refund" ? "refund" : "rest", sequence, amountCents };
		}, [
			remember,
			// Of a refund nothing was given back; of what a sale did not use, so much more was taken.
			{
				sql: `UPDATE payment_operation SET outcome = '${returned}',
							state = CASE kind WHEN 'refund' THEN 'failed' ELSE state END,
							finished_at_ms = ?1,
							amount_cents = CASE kind WHEN 'refund' THEN amount_cents WHEN 'cancel' THEN ?2 ELSE amount_cents + ?2 END
						WHERE key = ?3 AND state = 'succeeded' AND outcome IS NOT '${returned}'`,
				args: [this.#clock.now(), amountCents, key],
			},
		]);
	}

	async #operation(key: string): Promise<z.infer<typeof operationSchema> | undefined> {
		const [row] = await this.#database.read("SELECT * FROM payment_operation WHERE key = ?", [key]);
		return row && operationSchema.parse(row);
	}

	async #payment({ provider }: Gateway, intent: string, remember: Statement): Promise<void> {
		const sale = await this.#sales.findByIntent(intent);
		if (!sale) {
			await this.#database.write([remember]);
			return;
		}
		const now = await provider.status(intent);
		if (now.kind !== "found") throw unanswered();
		if (sale.holdIntent === intent && now.status === "canceled") {
			await this.#sales.change(sale.id, { type: "hold-lost" }, [remember]);
			return;
		}
		if (now.status === "succeeded") {
			// The shopper has answered the bank's question about what was owed.
			await this.#sales.change(
				sale.id,
				(current) =>
					owedCents(current) > 0 && !current.debtPending && current.secondIntent === intent
						? { type: "debt-paid", amountCents: now.receivedCents, intent }
						: undefined,
				[
					{
						sql: `UPDATE payment_operation SET state = 'succeeded', outcome = 'charged'
							WHERE sale_id = ? AND kind = 'debt' AND intent = ? AND outcome = 'authentication_required'`,
						args: [sale.id, intent],
					},
				],
			);
		}
		// Whatever is still waiting for this sale has an answer now, under its own key.
		await this.#database.write([
			remember,
			{
				sql: "UPDATE outbox SET due_at_ms = MIN(due_at_ms, ?) WHERE lane = ? AND kind = 'payment' AND state = 'pending'",
				args: [this.#clock.now(), sale.id],
			},
		]);
	}
}

/** Outcome of an operation whose refund came back. */
const returned = "returned";

function unanswered(): Problem {
	return new Problem(503, "payment_unavailable", "What happened cannot be asked for now; send the event again.");
}
