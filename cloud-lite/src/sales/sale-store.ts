import type { Clock } from "@visionvend/sdk/clock";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import type { Metrics } from "../http/metrics.ts";
import { moveStockOfSale } from "../inventory/stock-movement.ts";
import { publishLater } from "../outbox/outbox-entry.ts";
import { journalStatements } from "../payments/journal.ts";
import { operationStatements } from "../payments/payment-operation.ts";
import { columnsOf, isTerminal, type Sale, saleOf, slotsSchema } from "./sale.ts";
import type { Effect, HistoryEntry, PayEffect, Reaction } from "./sale-draft.ts";
import { react, type SaleEvent, windowMs } from "./sale-machine.ts";
import type { SaleLine } from "./settlement.ts";

// The controller takes a nonce for 20 s; a message that waited longer than this is not worth sending.
const unlockLivesMs = 15_000;
const helloLivesMs = 10_000;
// Shown later, a receipt would be read by somebody else.
const receiptLivesMs = 600_000;
const mostAttempts = 20;

const lineSchema = z.object({ sku: z.string(), name: z.string(), quantity: z.int(), unit_price_cents: z.int() });
const idSchema = z.object({ id: z.string() });
const momentSchema = z.object({ at: z.int().nullable() });
const counterSchema = z.object({ counter: z.int() });
const payerSchema = z.object({ customer: z.string().nullable(), payment_method: z.string().nullable() });

/** Reads sales and writes what becomes of them: state, history, ledger and outbox in one batch. */
export class SaleStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #onChange: () => void;

	/** `onChange` is called after each commit: something may wait in the outbox now. */
	constructor(options: { database: Database; clock: Clock; log: Log; metrics: Metrics; onChange: () => void }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#metrics = options.metrics;
		this.#onChange = options.onChange;
	}

	async find(saleId: string): Promise<Sale | undefined> {
		return this.#one("SELECT * FROM sale WHERE id = ?", saleId);
	}

	/** The sale, when it is one of this tenant. */
	async findOf(tenantId: string, saleId: string): Promise<Sale | undefined> {
		return this.#one("SELECT * FROM sale WHERE id = ? AND tenant_id = ?", saleId, tenantId);
	}

	/** The sale that waits for this hello. */
	async findByHello(machineId: string, request: string): Promise<Sale | undefined> {
		return this.#one("SELECT * FROM sale WHERE machine_id = ? AND hello_request = ?", machineId, request);
	}

	/** The sale whose unlock waits for its machine to speak. */
	async findWaitingForUnlock(machineId: string): Promise<Sale | undefined> {
		return this.#one(
			"SELECT * FROM sale WHERE machine_id = ? AND state = 'authorised' AND settlement IS NULL",
			machineId,
		);
	}

	/** The sale that a payment intent belongs to. */
	async findByIntent(intent: string): Promise<Sale | undefined> {
		return this.#one(
			`SELECT * FROM sale WHERE hold_intent = ?1 OR second_intent = ?1
				OR id IN (SELECT sale_id FROM payment_operation WHERE intent = ?1)`,
			intent,
		);
	}

	/** The machine's next counter, as of now. */
	async nextCounter(machineId: string): Promise<number> {
		const [row] = await this.#database.read("SELECT counter FROM machine WHERE id = ?", [machineId]);
		return counterSchema.parse(row).counter + 1;
	}

	async lines(saleId: string): Promise<SaleLine[]> {
		const rows = await this.#database.read("SELECT * FROM sale_line WHERE sale_id = ? ORDER BY sku", [saleId]);
		return rows.map((row) => {
			const { sku, name, quantity, unit_price_cents } = lineSchema.parse(row);
			return { sku, name, quantity, unitPriceCents: unit_price_cents };
		});
	}

	/**
	 * Writes a new sale.
	 * @throws UniqueViolation when the id is taken, or machine or shopper have another sale open.
	 */
	async insert(sale: Sale, history: readonly HistoryEntry[], statements: readonly Statement[]): Promise<void> {
		const columns = columnsOf(sale);
		await this.#database.write([
			{
				sql: `INSERT INTO sale (${columns.map(([name]) => name).join(", ")}, tenant_id)
					VALUES (${columns.map(() => "?").join(", ")}, (SELECT tenant_id FROM machine WHERE id = ?))`,
				args: [...columns.map(([, value]) => value), sale.machineId],
			},
			...this.#historyStatements(sale, history),
			...statements,
		]);
		this.#tell(sale, history);
		this.#onChange();
	}

	/**
	 * Applies an event to a sale.
	 * @param of the sale's id, or the sale as the caller knows it: it is read anew when it has changed since, or when the event
	 * would change nothing
	 * @param eventOf is asked anew when the sale changed meanwhile; it must not call the outside.
	 * @param statements , of the sale as it was where it is a function, are written in the same batch, also when the event changes nothing.
	 * @returns the sale as it is now, or `undefined` when there is none
	 */
	async change(
		of: string | Sale,
		eventOf: SaleEvent | ((sale: Sale) => SaleEvent | undefined | Promise<SaleEvent | undefined>),
		statements: readonly Statement[] | ((sale: Sale) => readonly Statement[]) = [],
	): Promise<Sale | undefined> {
		for (let attempt = 1; ; attempt += 1) {
			const known = attempt === 1 && typeof of !== "string" ? of : undefined;
			const sale = known ?? (await this.find(typeof of === "string" ? of : of.id));
			if (!sale) return undefined;
			const nowMs = this.#clock.now();
			const event = typeof eventOf === "function" ? await eventOf(sale) : eventOf;
			const reaction = event && react(sale, event, nowMs);
			const more = typeof statements === "function" ? statements(sale) : statements;
			if (!reaction) {
				if (known) continue;
				if (more.length > 0) await this.#database.write(more);
				return sale;
			}
			try {
				await this.#database.write([
					...this.#update(sale, reaction.sale),
					...this.#historyStatements(reaction.sale, reaction.history),
					...reaction.journals.flatMap((journal) => journalStatements(journal, sale, nowMs)),
					...(await this.#effectStatements(reaction, nowMs)),
					...more,
				]);
			} catch (error) {
				if (error instanceof GuardFailed && attempt < mostAttempts) continue;
				throw error;
			}
			this.#tell(reaction.sale, reaction.history);
			if (isTerminal(reaction.sale.state) && !isTerminal(sale.state)) this.#metrics.saleEnded(reaction.sale);
			this.#onChange();
			return reaction.sale;
		}
	}

	/** Sales to look at now, and when to look next. */
	async due(nowMs: number): Promise<{ readonly saleIds: readonly string[]; readonly nextAtMs: number | undefined }> {
		const due = await this.#database.read(
			"SELECT id FROM sale WHERE check_at_ms <= ? ORDER BY check_at_ms, id LIMIT 100",
			[nowMs],
		);
		const [next] = await this.#database.read("SELECT MIN(check_at_ms) AS at FROM sale WHERE check_at_ms > ?", [nowMs]);
		return { saleIds: due.map((row) => idSchema.parse(row).id), nextAtMs: momentSchema.parse(next).at ?? undefined };
	}

	async #one(sql: string, ...args: readonly string[]): Promise<Sale | undefined> {
		const [row] = await this.#database.read(`${sql} LIMIT 1`, args);
		return row && saleOf(row);
	}

	/** Writes what has changed: a sale has some fifty columns. */
	#update(before: Sale, next: Sale): Statement[] {
		const known = columnsOf(before);
		const columns = columnsOf(next).filter(([, value], index) => value !== known[index]?.[1]);
		return [
			{
				sql: `UPDATE sale SET ${columns.map(([name]) => `${name} = ?`).join(", ")}
					WHERE id = ? AND version = ? AND state = ?`,
				args: [...columns.map(([, value]) => value), before.id, before.version, before.state],
			},
			mustHaveChanged(`sale ${before.id} is ${before.state} in version ${before.version}`),
		];
	}

	#historyStatements(sale: Sale, history: readonly HistoryEntry[]): Statement[] {
		return history.map(({ event, detail }) => ({
			sql: "INSERT INTO sale_event (sale_id, at_ms, event, detail) VALUES (?, ?, ?, ?)",
			args: [sale.id, this.#clock.now(), event, JSON.stringify(detail)],
		}));
	}

	#tell(sale: Sale, history: readonly HistoryEntry[]): void {
		for (const { log, detail } of history) {
			if (log === null) continue;
			const level = ["sale.review", "door.forced", "report.late", "refund.failed", "refund.returned"].includes(log)
				? "warn"
				: "info";
			this.#log({ ...detail, level, room: "cloud", event: log, saleId: sale.id, machineId: sale.machineId });
		}
	}

	async #effectStatements({ sale, effects }: Reaction, nowMs: number): Promise<Statement[]> {
		const statements: Statement[] = [];
		for (const effect of effects) statements.push(...(await this.#statementsOf(sale, effect, effects, nowMs)));
		return statements;
	}

	async #statementsOf(sale: Sale, effect: Effect, all: readonly Effect[], nowMs: number): Promise<Statement[]> {
		const { machineId } = sale;
		const topic = topics(machineId);
		const message = { machineId, to: "controller", saleId: sale.id } as const;
		switch (effect.type) {
			case "use-counter":
				return [
					{
						sql: "UPDATE machine SET counter = ? WHERE id = ? AND counter = ?",
						args: [effect.counter, machineId, effect.counter - 1],
					},
					mustHaveChanged(`counter ${effect.counter} of machine ${machineId} is free`),
				];
			case "request-hello":
				return [
					publishLater(
						{ ...message, topic: topic.helloRequest, body: { request: effect.request }, log: "hello.requested" },
						{ lane: sale.id, nowMs, expiresAtMs: nowMs + helloLivesMs },
					),
				];
			case "send-unlock": {
				const { id: saleId, language, slots } = sale;
				const order = { saleId, counter: effect.counter, language };
				return [
					publishLater(
						{
							...message,
							nonce: effect.nonce,
							...(slots === null
								? { topic: topic.unlock, body: { ...order, windowMs }, log: "unlock.sent" }
								: {
										topic: topic.dispense,
										body: { ...order, slots: slotsSchema.parse(JSON.parse(slots)) },
										log: "dispense.sent",
									}),
						},
						{ lane: sale.id, nowMs, expiresAtMs: nowMs + unlockLivesMs },
					),
				];
			}
			case "pay": {
				const payer = await this.#payer(sale, effect);
				return operationStatements(
					{
						saleId: sale.id,
						kind: effect.kind,
						sequence: effect.sequence,
						shopperPresent: effect.shopperPresent,
						amountCents: effect.amountCents,
						currency: sale.currency,
						customer: payer.customer,
						paymentMethod: payer.payment_method,
						intent: effect.intent,
					},
					nowMs,
				);
			}
			case "send-receipt": {
				const recorded = all.find((other) => other.type === "record-lines");
				const lines = recorded ? recorded.lines : await this.lines(sale.id);
				return [
					publishLater(
						{
							...message,
							topic: topic.receipt,
							body: {
								saleId: sale.id,
								outcome: sale.state,
								items: sale.state === "captured" ? receiptItems(lines) : [],
								totalCents: sale.state === "captured" ? sale.capturedCents : 0,
								currency: sale.currency,
								language: sale.language,
							},
							log: "receipt.sent",
						},
						{ lane: sale.id, nowMs, expiresAtMs: nowMs + receiptLivesMs },
					),
				];
			}
			case "record-lines":
				return this.#lineStatements(sale, effect.lines, nowMs);
			case "record-debt":
				return [
					{
						sql: `INSERT INTO debt (sale_id, shopper_id, amount_cents, currency, created_at_ms)
							VALUES (?, ?, ?, ?, ?) ON CONFLICT (sale_id) DO UPDATE SET amount_cents = excluded.amount_cents`,
						args: [sale.id, sale.shopperId, effect.amountCents, sale.currency, nowMs],
					},
				];
			case "settle-debt":
				return [{ sql: "UPDATE debt SET settled_at_ms = ? WHERE sale_id = ?", args: [nowMs, sale.id] }];
		}
	}

	/** Replaces the lines; of the stock moves what differs from the lines before. */
	async #lineStatements(sale: Sale, lines: readonly SaleLine[], nowMs: number): Promise<Statement[]> {
		const moved = new Map<string, number>();
		for (const { sku, quantity } of await this.lines(sale.id)) moved.set(sku, -quantity);
		for (const { sku, quantity } of lines) moved.set(sku, (moved.get(sku) ?? 0) + quantity);
		return [
			{ sql: "DELETE FROM sale_line WHERE sale_id = ?", args: [sale.id] },
			...lines.map(({ sku, name, quantity, unitPriceCents }) => ({
				sql: "INSERT INTO sale_line (sale_id, sku, name, quantity, unit_price_cents) VALUES (?, ?, ?, ?, ?)",
				args: [sale.id, sku, name, quantity, unitPriceCents],
			})),
			...[...moved]
				.filter(([, quantity]) => quantity !== 0)
				.map(([sku, quantity]) => moveStockOfSale(sale, { sku, quantity }, nowMs)),
		];
	}

	/**
	 * Who pays: the customer and card that the hold was made with, whatever the shopper saved since; a debt is paid with
	 * the card that is saved now.
	 */
	async #payer(sale: Sale, { kind }: PayEffect): Promise<z.infer<typeof payerSchema>> {
		const [row] =
			kind === "debt"
				? await this.#database.read("SELECT customer, payment_method FROM shopper WHERE id = ?", [sale.shopperId])
				: await this.#database.read(
						"SELECT customer, payment_method FROM payment_operation WHERE sale_id = ? AND kind = 'auth'",
						[sale.id],
					);
		return row ? payerSchema.parse(row) : { customer: null, payment_method: null };
	}
}

// A controller takes 2,048 characters at most, and its screen shows 21 columns.
const mostReceiptItems = 8;
const mostNameCharacters = 24;

function receiptItems(lines: readonly SaleLine[]): { name: string; quantity: number }[] {
	return lines
		.slice(0, mostReceiptItems)
		.map(({ name, quantity }) => ({ name: [...name].slice(0, mostNameCharacters).join(""), quantity }));
}
