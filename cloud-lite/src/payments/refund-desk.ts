import { createHash } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import type { Sale } from "../sales/sale.ts";
import { refundableCents } from "../sales/sale-collection.ts";
import type { SaleStore } from "../sales/sale-store.ts";

export interface RefundRequest {
	readonly tenantId: string;
	readonly saleId: string;
	/** Everything that is left where not given. */
	readonly amountCents: number | undefined;
	readonly reason: string;
	/** Who decided: `user:…` or `apiKey:…`. */
	readonly by: string;
	/** HTTP header `Idempotency-Key`. */
	readonly idempotencyKey: string | undefined;
}

const takenSchema = z.object({ intent: z.string(), cents: z.int() });
const rememberedSchema = z.object({ request_hash: z.string() });

/** Gives money back: people decide it, the outbox does it, the ledger tells of it once it is done. */
export class RefundDesk {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #sales: SaleStore;

	constructor(options: { database: Database; clock: Clock; sales: SaleStore }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#sales = options.sales;
	}

	/**
	 * Asks for a refund; repeating it with the same key asks once.
	 * @throws Problem 404 when the tenant has no such sale, 409 when less is left than shall be given back
	 */
	async request(request: RefundRequest): Promise<Sale> {
		const { saleId, tenantId, reason, by } = request;
		const sale = await this.#sales.findOf(tenantId, saleId);
		if (!sale) throw new Problem(404, "order_unknown", `There is no order ${saleId}.`);
		if (await this.#isRepeated(request)) return sale;
		try {
			const changed = await this.#sales.change(
				saleId,
				async (now) => ({ type: "refund-requested", by, reason, parts: await this.#parts(now, request.amountCents) }),
				this.#remember(request),
			);
			return changed ?? sale;
		} catch (error) {
			if (!(error instanceof UniqueViolation) || !(await this.#isRepeated(request))) throw error;
			return (await this.#sales.find(saleId)) ?? sale;
		}
	}

	/** From the latest payment to the first, as much as each has left. */
	async #parts(sale: Sale, wantedCents: number | undefined): Promise<{ intent: string; amountCents: number }[]> {
		const most = refundableCents(sale);
		const amountCents = wantedCents ?? most;
		if (amountCents <= 0 || amountCents > most) {
			throw new Problem(
				409,
				"refund_too_large",
				most > 0
					? `Of this order ${most} can still be given back, in the smallest unit of ${sale.currency}; ask for that or less.`
					: "Nothing of this order can be given back: nothing was taken, or it went back already.",
				{ refundableCents: most },
			);
		}
		const rows = await this.#database.read(
			`SELECT intent, SUM(CASE kind WHEN 'refund' THEN -amount_cents ELSE amount_cents END) AS cents
				FROM payment_operation WHERE sale_id = ? AND intent IS NOT NULL AND (
					(kind IN ('capture', 'second', 'debt') AND state = 'succeeded') OR
					(kind = 'cancel' AND outcome = 'returned') OR
					(kind = 'refund' AND state IN ('pending', 'succeeded')))
				GROUP BY intent HAVING cents > 0 ORDER BY MAX(created_at_ms) DESC, intent`,
			[sale.id],
		);
		const parts: { intent: string; amountCents: number }[] = [];
		let leftCents = amountCents;
		for (const row of rows) {
			const { intent, cents } = takenSchema.parse(row);
			const part = Math.min(cents, leftCents);
			if (part > 0) parts.push({ intent, amountCents: part });
			leftCents -= part;
		}
		if (leftCents > 0) {
			throw new Problem(
				409,
				"refund_by_hand",
				"This order was paid outside of us; give the money back at the provider.",
			);
		}
		return parts;
	}

	#remember(request: RefundRequest): Statement[] {
		const { by, idempotencyKey, saleId } = request;
		if (idempotencyKey === undefined) return [];
		return [
			{
				sql: "INSERT INTO idempotency (shopper_id, key, request_hash, sale_id, created_at_ms) VALUES (?, ?, ?, ?, ?)",
				args: [by, idempotencyKey, hashOf(request), saleId, this.#clock.now()],
			},
		];
	}

	async #isRepeated(request: RefundRequest): Promise<boolean> {
		if (request.idempotencyKey === undefined) return false;
		const [row] = await this.#database.read("SELECT request_hash FROM idempotency WHERE shopper_id = ? AND key = ?", [
			request.by,
			request.idempotencyKey,
		]);
		if (!row) return false;
		if (rememberedSchema.parse(row).request_hash === hashOf(request)) return true;
		throw new Problem(
			409,
			"idempotency_key_reused",
			"This Idempotency-Key came with another request before; take a new key for a new request.",
		);
	}
}

function hashOf({ saleId, amountCents, reason }: RefundRequest): string {
	return createHash("sha256")
		.update(JSON.stringify(["refund", saleId, amountCents ?? null, reason]))
		.digest("base64url");
}
