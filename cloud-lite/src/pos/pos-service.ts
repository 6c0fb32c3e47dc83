import { matchProduct, type ProductMatch } from "@visionvend/sdk/catalog/match-product";
import { multiplyCents, sumCents } from "@visionvend/sdk/catalog/money";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { Problem } from "../http/problem.ts";
import type { CatalogueProduct } from "../inventory/product.ts";
import type { ProductStore } from "../inventory/product-store.ts";
import { takeFromStock } from "../inventory/stock-movement.ts";
import type { StockStore } from "../inventory/stock-store.ts";
import { itemOf, type ScanItem, type ScanSession, sessionOf } from "./scan-session.ts";

/** One line of a bill. */
export interface BillLine {
	readonly product: { readonly id: string; readonly sku: string; readonly name: string };
	readonly quantity: number;
	readonly unitPriceCents: number;
}

export interface Bill {
	readonly sessionId: string;
	readonly lines: readonly BillLine[];
	readonly totalCents: number;
	readonly currency: string;
}

const mostAttempts = 20;
const sessionGuard = "the session is active and as it was read";

/** The counter: sessions, what is scanned in them, and the bill that takes the goods out of the store's stock. */
export class PosService {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #products: ProductStore;
	readonly #stock: StockStore;
	readonly #fuzzyThreshold: number;

	/** `fuzzyThreshold`: 0 to 1, from which likeness on a detected name is a product's. */
	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		products: ProductStore;
		stock: StockStore;
		fuzzyThreshold: number;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#products = options.products;
		this.#stock = options.stock;
		this.#fuzzyThreshold = options.fuzzyThreshold;
	}

	async start(tenantId: string): Promise<ScanSession> {
		const id = randomId(this.#random);
		await this.#database.write([
			{
				sql: "INSERT INTO pos_session (id, tenant_id, status, checked_in_at_ms) VALUES (?, ?, 'active', ?)",
				args: [id, tenantId, this.#clock.now()],
			},
		]);
		return this.session(tenantId, id);
	}

	/** @throws Problem 404 */
	async session(tenantId: string, sessionId: string): Promise<ScanSession> {
		const [row] = await this.#database.read("SELECT * FROM pos_session WHERE id = ? AND tenant_id = ?", [
			sessionId,
			tenantId,
		]);
		if (row) return sessionOf(row);
		throw new Problem(404, "session_unknown", `There is no session ${sessionId}.`);
	}

	/** Ends a session without a bill; what was scanned stays in stock. @throws Problem 404, 409 when it has ended */
	async end(tenantId: string, sessionId: string): Promise<ScanSession> {
		await this.active(tenantId, sessionId);
		await this.#change(tenantId, sessionId, [
			{
				sql: `UPDATE pos_session SET status = 'completed', checked_out_at_ms = ?, version = version + 1
					WHERE id = ? AND tenant_id = ? AND status = 'active'`,
				args: [this.#clock.now(), sessionId, tenantId],
			},
			mustHaveChanged(sessionGuard),
		]);
		return this.session(tenantId, sessionId);
	}

	/** What was scanned, in the order in which it was first seen. @throws Problem 404 */
	async items(tenantId: string, sessionId: string): Promise<ScanItem[]> {
		await this.session(tenantId, sessionId);
		return this.#items(sessionId);
	}

	/**
	 * Takes a detection in: the same product again raises its quantity.
	 * @param confidence 0 to 1
	 * @throws Problem 404, 409 when the session has ended or sells in another currency
	 */
	async scan(tenantId: string, sessionId: string, detectedName: string, confidence: number): Promise<ScanItem> {
		await this.active(tenantId, sessionId);
		const match = this.match(detectedName, await this.#products.active(tenantId));
		const nowMs = this.#clock.now();
		const name = detectedName.trim();
		const product = match?.product;
		const conflict = product
			? "(session_id, product_id) WHERE product_id IS NOT NULL"
			: "(session_id, detected_name) WHERE product_id IS NULL";
		await this.#change(tenantId, sessionId, [
			touch(tenantId, sessionId, product?.currency ?? null),
			mustHaveChanged(sessionGuard),
			{
				sql: `INSERT INTO pos_item (id, session_id, product_id, detected_name, matched_by, confidence, quantity,
						unit_price_cents, first_seen_at_ms, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
					ON CONFLICT ${conflict} DO UPDATE SET
						quantity = quantity + 1, confidence = MAX(confidence, excluded.confidence)`,
				args: [
					randomId(this.#random),
					sessionId,
					product?.id ?? null,
					name,
					match?.by ?? null,
					confidence,
					product?.priceCents ?? null,
					nowMs,
					nowMs,
				],
			},
		]);
		const items = await this.#items(sessionId);
		const item = items.find((candidate) =>
			product ? candidate.product?.id === product.id : candidate.product === null && candidate.detectedName === name,
		);
		if (!item) throw new Error(`the scan of session ${sessionId} was written and is not there`);
		return item;
	}

	/** The product of these that a detected name means. */
	match(detectedName: string, products: readonly CatalogueProduct[]): ProductMatch<CatalogueProduct> | undefined {
		return matchProduct(detectedName, products, this.#fuzzyThreshold);
	}

	/** A person says what an unmatched item is. @throws Problem 404, 409 when it is matched already */
	async assign(tenantId: string, sessionId: string, itemId: string, productId: string): Promise<ScanItem> {
		await this.active(tenantId, sessionId);
		const item = await this.#item(sessionId, itemId);
		if (item.product) {
			throw new Problem(
				409,
				"item_matched",
				`${item.detectedName} is ${item.product.name} already; remove it instead.`,
			);
		}
		const product = await this.#products.get(tenantId, productId);
		await this.#change(tenantId, sessionId, [
			touch(tenantId, sessionId, product.currency),
			mustHaveChanged(sessionGuard),
			{
				sql: `INSERT INTO pos_item (id, session_id, product_id, detected_name, matched_by, confidence, quantity,
						unit_price_cents, first_seen_at_ms, created_at_ms)
					SELECT ?, session_id, ?, detected_name, 'person', confidence, quantity, ?, first_seen_at_ms, created_at_ms
					FROM pos_item WHERE id = ? AND session_id = ? AND product_id IS NULL
					ON CONFLICT (session_id, product_id) WHERE product_id IS NOT NULL
						DO UPDATE SET quantity = quantity + excluded.quantity`,
				args: [randomId(this.#random), product.id, product.priceCents, itemId, sessionId],
			},
			mustHaveChanged(sessionGuard),
			{ sql: "DELETE FROM pos_item WHERE id = ? AND session_id = ?", args: [itemId, sessionId] },
		]);
		const assigned = (await this.#items(sessionId)).find((candidate) => candidate.product?.id === product.id);
		if (!assigned) throw new Error(`item ${itemId} was assigned and is not there`);
		return assigned;
	}

	/** Takes a line back: the shopper does not want it. @throws Problem 404, 409 */
	async remove(tenantId: string, sessionId: string, itemId: string): Promise<ScanItem> {
		await this.active(tenantId, sessionId);
		const item = await this.#item(sessionId, itemId);
		await this.#change(tenantId, sessionId, [
			touch(tenantId, sessionId, null),
			mustHaveChanged(sessionGuard),
			{ sql: "DELETE FROM pos_item WHERE id = ? AND session_id = ?", args: [itemId, sessionId] },
			mustHaveChanged(sessionGuard),
		]);
		return item;
	}

	/**
	 * Makes the bill: everything matched, everything there, one commit that takes the goods out of the store.
	 * @throws Problem 404, 409 when something is unmatched or lacks, or the session has ended; then nothing has changed
	 */
	async checkout(tenantId: string, sessionId: string): Promise<Bill> {
		for (let attempt = 1; ; attempt += 1) {
			const session = await this.active(tenantId, sessionId);
			const bill = billOf(session, await this.#items(sessionId));
			const nowMs = this.#clock.now();
			try {
				await this.#database.write([
					{
						sql: `UPDATE pos_session SET status = 'completed', checked_out_at_ms = ?, total_cents = ?, billed = 1,
								version = version + 1
							WHERE id = ? AND tenant_id = ? AND status = 'active' AND version = ?`,
						args: [nowMs, bill.totalCents, sessionId, tenantId, session.version],
					},
					mustHaveChanged(sessionGuard),
					...bill.lines.flatMap(({ product, quantity }) =>
						takeFromStock(
							{
								tenantId,
								productId: product.id,
								machineId: null,
								change: -quantity,
								reason: "sale",
								sessionId,
								atMs: nowMs,
							},
							product.id,
						),
					),
				]);
				return bill;
			} catch (error) {
				if (!(error instanceof GuardFailed)) throw error;
				const short = bill.lines.find(({ product }) => product.id === error.guard);
				if (short) throw await this.#insufficient(tenantId, short);
				if (attempt >= mostAttempts) throw error;
			}
		}
	}

	async #insufficient(tenantId: string, { product, quantity }: BillLine): Promise<Problem> {
		const level = await this.#stock.level(tenantId, product.id, null);
		const available = Math.max(0, level.quantity - level.reserved);
		return new Problem(
			409,
			"insufficient_stock",
			`Insufficient stock for ${product.name}. Available: ${available}, Required: ${quantity}`,
			{ inventory_id: product.id, available, required: quantity },
		);
	}

	/** @throws Problem 404, 409 when it has ended */
	async active(tenantId: string, sessionId: string): Promise<ScanSession> {
		const session = await this.session(tenantId, sessionId);
		if (session.status === "active") return session;
		throw sessionEnded(sessionId);
	}

	async #item(sessionId: string, itemId: string): Promise<ScanItem> {
		const item = (await this.#items(sessionId)).find(({ id }) => id === itemId);
		if (item) return item;
		throw new Problem(404, "item_unknown", `There is no item ${itemId} in session ${sessionId}.`);
	}

	async #items(sessionId: string): Promise<ScanItem[]> {
		const rows = await this.#database.read(
			`SELECT pos_item.*, product.sku, product.name, product.currency FROM pos_item
				LEFT JOIN product ON product.id = pos_item.product_id
				WHERE session_id = ? ORDER BY first_seen_at_ms, pos_item.rowid`,
			[sessionId],
		);
		return rows.map(itemOf);
	}

	/** @throws Problem 409 when the session has ended meanwhile, or sells in another currency */
	async #change(tenantId: string, sessionId: string, statements: readonly Statement[]): Promise<void> {
		try {
			await this.#database.write(statements);
		} catch (error) {
			if (!(error instanceof GuardFailed)) throw error;
			const { status, currency } = await this.session(tenantId, sessionId);
			if (status === "completed") throw sessionEnded(sessionId);
			throw new Problem(
				409,
				"session_conflict",
				`Session ${sessionId} sells in ${currency ?? "no currency yet"}, or it has just changed; read it again.`,
			);
		}
	}
}

function touch(tenantId: string, sessionId: string, currency: string | null): Statement {
	return {
		sql: `UPDATE pos_session SET version = version + 1, currency = COALESCE(currency, ?3)
			WHERE id = ?1 AND tenant_id = ?2 AND status = 'active'
				AND (?3 IS NULL OR currency IS NULL OR currency = ?3)`,
		args: [sessionId, tenantId, currency],
	};
}

function sessionEnded(sessionId: string): Problem {
	return new Problem(409, "session_completed", `Session ${sessionId} is completed; start a new one.`);
}

function billOf({ id, currency }: ScanSession, items: readonly ScanItem[]): Bill {
	const unmatched = items.filter(({ product }) => product === null);
	if (unmatched.length > 0) {
		const names = unmatched.map(({ detectedName }) => detectedName).join(", ");
		throw new Problem(
			409,
			"items_unmatched",
			`Nothing in the inventory is like: ${names}. Say what it is, or remove it.`,
			{
				items: unmatched.map((item) => item.id),
			},
		);
	}
	const lines = items.flatMap(({ product, quantity, unitPriceCents }) =>
		product === null || unitPriceCents === null ? [] : [{ product, quantity, unitPriceCents }],
	);
	if (lines.length === 0 || currency === null) {
		throw new Problem(409, "session_empty", `Nothing was scanned in session ${id}; scan something, or end it.`);
	}
	const totalCents = sumCents(lines.map(({ unitPriceCents, quantity }) => multiplyCents(unitPriceCents, quantity)));
	return { sessionId: id, lines, totalCents, currency };
}
