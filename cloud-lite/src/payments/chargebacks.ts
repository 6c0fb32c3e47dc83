import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { TaskTracker } from "@visionvend/sdk/task-tracker";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { backoffMs } from "../outbox/backoff.ts";
import { DueWork } from "../outbox/due-work.ts";
import type { Sale } from "../sales/sale.ts";
import type { SaleEvent } from "../sales/sale-machine.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import { type Gateways, gatewayNameSchema } from "./gateway.ts";
import type { ProviderDispute } from "./gateway-books.ts";

const longestWaitMs = 3_600_000;

const rowSchema = z.object({
	id: z.string(),
	sale_id: z.string(),
	sequence: z.int(),
	withdrawn_cents: z.int(),
	evidence: z.string(),
	closed_at_ms: z.int().nullable(),
});
const wantedSchema = rowSchema.extend({ gateway: gatewayNameSchema });
type ChargebackRow = z.infer<typeof rowSchema>;
type KnownChargeback = Pick<ChargebackRow, "sequence" | "withdrawn_cents" | "closed_at_ms" | "evidence">;
const unknown: KnownChargeback = Object.freeze({ sequence: 0, withdrawn_cents: 0, closed_at_ms: null, evidence: "{}" });
const evidenceSchema = z.object({ product: z.string(), soldAt: z.string(), history: z.string() });

/**
 * Payments that a card holder's bank takes back. What is known of the sale is frozen the moment that the bank asks; the
 * ledger follows the money; evidence is handed in when the owner wants it.
 */
export class Chargebacks {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #sales: SaleStore;
	readonly #gateways: Gateways;
	readonly #work: DueWork;
	#failures = 0;

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
		this.#work = new DueWork({ ...options, work: () => this.#submit() });
	}

	/** Evidence may wait to be handed in. */
	kick(): void {
		if (Object.keys(this.#gateways).length > 0) this.#work.kick();
	}

	close(): void {
		this.#work.close();
	}

	/**
	 * Takes a dispute in as the provider tells it now; again and again, it changes what is new only.
	 * @param remember is written in the same batch
	 */
	async take(sale: Sale, dispute: ProviderDispute, remember: readonly Statement[]): Promise<void> {
		// Read anew with the sale, so that of two notices at once only one takes the money out of the ledger.
		let before: KnownChargeback = unknown;
		await this.#sales.change(
			sale.id,
			async (now) => {
				const row = await this.#find(dispute.id);
				before = row ?? { ...unknown, evidence: await this.#evidenceOf(now) };
				return eventOf(before, dispute, now);
			},
			(now) => [this.#statement(now, dispute, before), ...remember],
		);
		// Withdrawn and decided in one: the second step has its own event.
		const after = await this.#find(dispute.id);
		if (after && after.closed_at_ms === null && isDecided(dispute)) await this.take(sale, dispute, []);
	}

	async #find(id: string): Promise<ChargebackRow | undefined> {
		const [row] = await this.#database.read("SELECT * FROM chargeback WHERE id = ?", [id]);
		return row && rowSchema.parse(row);
	}

	#statement(sale: Sale, dispute: ProviderDispute, before: KnownChargeback): Statement {
		const nowMs = this.#clock.now();
		const withdraws = before.withdrawn_cents === 0 && dispute.withdrawnCents > 0;
		const sequence = withdraws ? sale.chargebacks + 1 : before.sequence;
		const closes = isDecided(dispute) && !withdraws;
		return {
			sql: `INSERT INTO chargeback (id, sale_id, reason, status, sequence, withdrawn_cents, evidence,
						evidence_due_at_ms, opened_at_ms, closed_at_ms)
					VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
					ON CONFLICT (id) DO UPDATE SET status = ?4, sequence = ?5, withdrawn_cents = ?6,
						evidence_due_at_ms = ?8, closed_at_ms = COALESCE(closed_at_ms, ?10)`,
			args: [
				dispute.id,
				sale.id,
				dispute.reason,
				dispute.status,
				sequence,
				dispute.withdrawnCents,
				before.evidence,
				dispute.evidenceDueAtMs,
				nowMs,
				closes ? nowMs : null,
			],
		};
	}

	/** The bundle that is frozen: what was sold, when, and every step that is recorded of it. */
	async #evidenceOf(sale: Sale): Promise<string> {
		const lines = await this.#sales.lines(sale.id);
		const events = await this.#database.read(
			"SELECT at_ms, event, detail FROM sale_event WHERE sale_id = ? ORDER BY id",
			[sale.id],
		);
		const reports = await this.#database.read(
			"SELECT report_id, sealed, decision, received_at_ms FROM report WHERE sale_id = ? ORDER BY received_at_ms",
			[sale.id],
		);
		const history = events.map((row) => {
			const { at_ms, event } = z.object({ at_ms: z.int(), event: z.string() }).parse(row);
			return `${new Date(at_ms).toISOString()} ${event}`;
		});
		return JSON.stringify({
			product: lines.map(({ quantity, name }) => `${quantity} ${name}`).join(", "),
			soldAt: new Date(sale.requestedAtMs).toISOString(),
			history: history.join("\n"),
			sale: { ...sale, clientSecret: null },
			lines,
			events,
			reports,
		});
	}

	async #submit(): Promise<number | undefined> {
		const rows = await this.#database.read(
			`SELECT chargeback.*, gateway FROM chargeback JOIN sale ON sale.id = sale_id
				WHERE submission = 'wanted' ORDER BY chargeback.id LIMIT 20`,
		);
		for (const row of rows) {
			const { id, evidence, gateway } = wantedSchema.parse(row);
			const { product, soldAt, history } = evidenceSchema.parse(JSON.parse(evidence));
			const books = this.#gateways[gateway]?.books;
			if (!books) throw new Error(`chargeback ${id} is of ${gateway}, whose key is not set`);
			const result = await books.submitEvidence({
				disputeId: id,
				key: `chargeback:${id}:evidence`,
				productDescription: product,
				serviceDate: soldAt,
				activityLog: history,
			});
			if (result.kind === "unknown") {
				this.#failures += 1;
				return this.#clock.now() + backoffMs(this.#failures, longestWaitMs);
			}
			this.#failures = 0;
			this.#log({ level: "info", room: "cloud", event: "chargeback.submitted", id, outcome: result.kind });
			await this.#database.write([{ sql: "UPDATE chargeback SET submission = 'done' WHERE id = ?", args: [id] }]);
		}
		return rows.length === 20 ? this.#clock.now() : undefined;
	}
}

function isDecided({ status }: ProviderDispute): boolean {
	return status === "won" || status === "lost";
}

function eventOf(before: KnownChargeback, dispute: ProviderDispute, sale: Sale): SaleEvent | undefined {
	const { withdrawnCents, reason, status } = dispute;
	if (before.withdrawn_cents === 0 && withdrawnCents > 0) {
		return { type: "chargeback-opened", amountCents: withdrawnCents, reason };
	}
	if (before.closed_at_ms !== null || !isDecided(dispute) || before.withdrawn_cents === 0) return undefined;
	const amountCents = Math.min(before.withdrawn_cents, sale.disputedCents);
	return { type: "chargeback-closed", sequence: before.sequence, amountCents, won: status === "won" };
}
