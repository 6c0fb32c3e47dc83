import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import { DueWork } from "../outbox/due-work.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import { type GatewayName, type Gateways, gatewayNameSchema } from "./gateway.ts";
import type { BookEntry } from "./gateway-books.ts";
import { journal, journalStatements } from "./journal.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Hour of the day, UTC, at which the books are compared. */
const nightHour = 3;
const againAfterFailureMs = hourMs;
/** Lines may be dated before others that were seen already. */
const overlapMs = 2 * dayMs;
/** What is younger may still be on its way. */
const settledAfterMs = 10 * 60_000;
const stuckAfterMs = 8 * dayMs;

/** What does not fit between our ledger and the provider's books. */
export interface Finding {
	readonly kind:
		| "payment_differs"
		| "refund_differs"
		| "dispute_differs"
		| "unknown_payment"
		| "hold_left"
		| "refund_returned"
		| "stuck_sale";
	/** The sale, or the provider's line where no sale is known. */
	readonly subject: string;
	readonly expectedCents: number;
	readonly foundCents: number;
}

const differenceSchema = z.object({
	sale_id: z.string(),
	kind: z.enum(["payment", "refund", "dispute"]),
	ours: z.int(),
	theirs: z.int(),
});
const subjectSchema = z.object({ subject: z.string(), cents: z.int() });
const maximumSchema = z.object({ maximum: z.int().nullable() });

/**
 * Compares our ledger with the provider's books: books the fees that only the provider knows, and keeps every
 * difference as a row until it is gone. Runs each night, and whenever it is asked to.
 */
export class Reconciliation {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #sales: SaleStore;
	readonly #gateways: Gateways;
	readonly #work: DueWork;

	constructor(options: {
		database: Database;
		clock: Clock;
		log: Log;
		sales: SaleStore;
		gateways: Gateways;
		tracker: TaskTracker;
		onError: (error: unknown) => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#sales = options.sales;
		this.#gateways = options.gateways;
		this.#work = new DueWork({ ...options, work: () => this.#nightly() });
	}

	/** Looks when the next night is due. */
	kick(): void {
		if (Object.keys(this.#gateways).length > 0) this.#work.kick();
	}

	close(): void {
		this.#work.close();
	}

	/** @returns what does not fit now, or why the books could not be read */
	async run(): Promise<{ readonly findings: readonly Finding[] } | { readonly unreadable: string }> {
		const names = gatewayNameSchema.options.filter((name) => this.#gateways[name] !== undefined);
		if (names.length === 0) return { unreadable: "payments are off" };
		const startedAtMs = this.#clock.now();
		let added = 0;
		for (const name of names) {
			const read = await this.#read(name);
			if (typeof read === "number") added += read;
			else {
				await this.#remember(startedAtMs, added, read.unreadable);
				return read;
			}
		}
		const findings = await this.#compare();
		await this.#keep(findings);
		await this.#remember(startedAtMs, added, null);
		this.#log({
			level: findings.length > 0 ? "warn" : "info",
			room: "cloud",
			event: "books.compared",
			added,
			findings: findings.length,
		});
		return { findings };
	}

	/** Takes what is new in an account's books. @returns how many lines, or why they cannot be read */
	async #read(gateway: GatewayName): Promise<number | { readonly unreadable: string }> {
		const [row] = await this.#database.read("SELECT MAX(at_ms) AS maximum FROM gateway_entry WHERE gateway = ?", [
			gateway,
		]);
		const seenUntilMs = maximumSchema.parse(row).maximum;
		const sinceMs = seenUntilMs === null ? 0 : Math.max(0, seenUntilMs - overlapMs);
		const read = await this.#gateways[gateway]?.books.books(sinceMs);
		if (read?.kind !== "found") return { unreadable: `${gateway}: ${read?.message ?? "off"}` };
		let added = 0;
		for (const entry of read.entries) if (await this.#take(gateway, entry)) added += 1;
		return added;
	}

	async #nightly(): Promise<number> {
		const nowMs = this.#clock.now();
		const [row] = await this.#database.read(
			`SELECT COALESCE((SELECT MAX(started_at_ms) FROM reconciliation_run WHERE failure IS NULL),
				(SELECT MIN(at_ms) FROM journal)) AS maximum`,
		);
		// A new shop has nothing to compare before the night after its first sale.
		const dueAtMs = nightAfter(maximumSchema.parse(row).maximum ?? nowMs);
		if (nowMs < dueAtMs) return dueAtMs;
		const result = await this.run();
		return "findings" in result ? nightAfter(this.#clock.now()) : this.#clock.now() + againAfterFailureMs;
	}

	/** Keeps a line of the provider's books, and its fee in our ledger. @returns whether it is new */
	async #take(gateway: GatewayName, entry: BookEntry): Promise<boolean> {
		const sale = entry.intent === null ? undefined : await this.#sales.findByIntent(entry.intent);
		const nowMs = this.#clock.now();
		const statements: Statement[] = [
			{
				sql: `INSERT INTO gateway_entry (id, gateway, kind, amount_cents, fee_cents, currency, intent, sale_id, at_ms, seen_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [
					entry.id,
					gateway,
					entry.kind,
					entry.amountCents,
					entry.feeCents,
					entry.currency,
					entry.intent,
					sale?.id ?? null,
					entry.atMs,
					nowMs,
				],
			},
		];
		if (sale && entry.feeCents > 0) {
			const [row] = await this.#database.read(
				"SELECT MAX(sequence) AS maximum FROM journal WHERE sale_id = ? AND kind = 'fee'",
				[sale.id],
			);
			const sequence = (maximumSchema.parse(row).maximum ?? 0) + 1;
			statements.push(...journalStatements(journal("fee", entry.feeCents, sequence), sale, nowMs));
		}
		try {
			await this.#database.write(statements);
			return true;
		} catch (error) {
			if (error instanceof UniqueViolation && error.columns === "gateway_entry.id") return false;
			throw error;
		}
	}

	async #compare(): Promise<Finding[]> {
		const nowMs = this.#clock.now();
		const differences = await this.#database.read(
			`WITH ours AS (
				SELECT journal.sale_id, CASE
						WHEN kind IN ('refund', 'refund_failed') THEN 'refund'
						WHEN kind IN ('dispute', 'dispute_won') THEN 'dispute'
						ELSE 'payment' END AS kind,
					SUM(amount_cents) AS cents
				FROM entry JOIN journal ON journal.id = journal_id
				WHERE account = 'cash_in_transit' AND kind <> 'fee' GROUP BY 1, 2
			), theirs AS (
				SELECT sale_id, kind, SUM(amount_cents) AS cents FROM gateway_entry
				WHERE sale_id IS NOT NULL AND kind IN ('payment', 'refund', 'dispute') GROUP BY 1, 2
			), both AS (
				SELECT sale_id, kind, cents AS ours, 0 AS theirs FROM ours
				UNION ALL SELECT sale_id, kind, 0, cents FROM theirs
			)
			SELECT sale_id, kind, SUM(ours) AS ours, SUM(theirs) AS theirs FROM both
			WHERE NOT EXISTS (SELECT 1 FROM payment_operation WHERE sale_id = both.sale_id AND state = 'pending')
				AND NOT EXISTS (SELECT 1 FROM journal
					WHERE journal.sale_id = both.sale_id AND journal.kind <> 'fee' AND at_ms > ?)
			GROUP BY sale_id, kind HAVING SUM(ours) <> SUM(theirs) ORDER BY sale_id, kind`,
			[nowMs - settledAfterMs],
		);
		const unknown = await this.#subjects(
			`SELECT id AS subject, amount_cents AS cents FROM gateway_entry
				WHERE sale_id IS NULL AND kind IN ('payment', 'refund', 'dispute') ORDER BY id`,
		);
		const holds = await this.#subjects(
			`SELECT id AS subject, held_cents AS cents FROM sale
				WHERE hold_state = 'held' AND capture_before_ms < ? ORDER BY id`,
			nowMs - hourMs,
		);
		const returned = await this.#subjects(
			`SELECT came.sale_id AS subject, CASE came.kind WHEN 'refund' THEN came.amount_cents ELSE (
					SELECT amount_cents FROM entry JOIN journal ON journal.id = journal_id AND journal.kind = 'overpaid'
					WHERE journal.sale_id = came.sale_id AND sequence = 1 AND account = 'cash_in_transit') END AS cents
				FROM payment_operation AS came
				WHERE came.outcome = 'returned' AND NOT EXISTS (SELECT 1 FROM payment_operation AS again
					WHERE again.sale_id = came.sale_id AND again.kind = 'refund' AND again.state <> 'failed'
						AND again.created_at_ms >= came.finished_at_ms)
				ORDER BY came.sale_id`,
		);
		const stuck = await this.#subjects(
			`SELECT id AS subject, held_cents AS cents FROM sale
				WHERE state NOT IN ('captured', 'cancelled', 'review') AND requested_at_ms < ? ORDER BY id`,
			nowMs - stuckAfterMs,
		);
		return [
			...differences.map((row): Finding => {
				const { sale_id, kind, ours, theirs } = differenceSchema.parse(row);
				return { kind: `${kind}_differs`, subject: sale_id, expectedCents: ours, foundCents: theirs };
			}),
			...unknown.map(({ subject, cents }): Finding => {
				return { kind: "unknown_payment", subject, expectedCents: 0, foundCents: cents };
			}),
			...holds.map(({ subject, cents }): Finding => {
				return { kind: "hold_left", subject, expectedCents: 0, foundCents: cents };
			}),
			...returned.map(({ subject, cents }): Finding => {
				return { kind: "refund_returned", subject, expectedCents: cents, foundCents: 0 };
			}),
			...stuck.map(({ subject, cents }): Finding => {
				return { kind: "stuck_sale", subject, expectedCents: 0, foundCents: cents };
			}),
		];
	}

	async #subjects(sql: string, ...args: readonly number[]): Promise<z.infer<typeof subjectSchema>[]> {
		return (await this.#database.read(sql, args)).map((row) => subjectSchema.parse(row));
	}

	/** Opens what is new, and closes what is gone. */
	async #keep(findings: readonly Finding[]): Promise<void> {
		const nowMs = this.#clock.now();
		const names = JSON.stringify(findings.map(({ kind, subject }) => `${kind} ${subject}`));
		await this.#database.write([
			{
				sql: `UPDATE finding SET closed_at_ms = ? WHERE closed_at_ms IS NULL
					AND kind || ' ' || subject NOT IN (SELECT value FROM json_each(?))`,
				args: [nowMs, names],
			},
			...findings.map(({ kind, subject, expectedCents, foundCents }) => ({
				sql: `INSERT INTO finding (kind, subject, expected_cents, found_cents, opened_at_ms) VALUES (?, ?, ?, ?, ?)
					ON CONFLICT (kind, subject) WHERE closed_at_ms IS NULL
					DO UPDATE SET expected_cents = excluded.expected_cents, found_cents = excluded.found_cents`,
				args: [kind, subject, expectedCents, foundCents, nowMs],
			})),
		]);
	}

	async #remember(startedAtMs: number, entries: number, failure: string | null): Promise<void> {
		await this.#database.write([
			{
				sql: "INSERT INTO reconciliation_run (started_at_ms, finished_at_ms, entries, failure) VALUES (?, ?, ?, ?)",
				args: [startedAtMs, this.#clock.now(), entries, failure],
			},
		]);
	}
}

/** The first night that begins after this moment. */
function nightAfter(atMs: number): number {
	const today = Math.floor(atMs / dayMs) * dayMs + nightHour * hourMs;
	return today > atMs ? today : today + dayMs;
}
