import type { StrayChange } from "@visionvend/sdk/basket/basket-decision";
import type { Stray } from "@visionvend/sdk/basket/stray";
import type { UnitWeight } from "@visionvend/sdk/basket/unit-weights";
import { z } from "zod";
import { type Database, openDatabase } from "./database.ts";

/** A sealed sale report of the controller, as it came, and what became of it so far. */
export interface StoredReport {
	readonly reportId: string;
	/** Empty for an opening by force. */
	readonly saleId: string;
	/** The controller's envelope, verbatim. Only the cloud can verify it. */
	readonly sealed: string;
	readonly receivedAtMs: number;
	/** JSON of the `BasketDecision`; `undefined` while undecided. */
	readonly decision: string | undefined;
}

/** A status message that waits for the broker. */
export interface StoredMessage {
	readonly position: number;
	readonly topic: string;
	readonly envelope: string;
}

/** What waits in the store. */
export interface StoreCounts {
	/** Reports without a decision. */
	readonly undecided: number;
	/** Reports that the cloud has not acknowledged, the undecided ones included. */
	readonly unacknowledged: number;
	/** Status messages that the broker has not acknowledged. */
	readonly messages: number;
}

/** Door and command events kept for the cloud at most: months of an unreachable broker. */
export const maximumMessages = 10_000;

/** What settled sales have taught about this fridge. */
export interface Lessons {
	/** By sku. */
	readonly unitWeights: Readonly<Record<string, UnitWeight>>;
	readonly strays: readonly Stray[];
}

const unitWeightRow = z.object({
	sku: z.string(),
	count: z.number(),
	mean_milligrams: z.number(),
	squared_deviations: z.number(),
});
const strayRow = z.object({ sku: z.string(), shelf: z.number(), count: z.number() });
const reportRow = z.object({
	report_id: z.string(),
	sale_id: z.string(),
	sealed: z.string(),
	received_at_ms: z.number(),
	decision: z.string().nullable(),
});
const planogramRow = z.object({ version: z.number(), products: z.string() });
const secretsRow = z.object({ json: z.string() });
const messageRow = z.object({ position: z.number(), topic: z.string(), envelope: z.string() });
const countsRow = z.object({ undecided: z.number(), unacknowledged: z.number(), messages: z.number() });
const reportColumns = "report_id, sale_id, sealed, received_at_ms, decision";

/** Opens the store at `url` (`file:…`). Throws an `Error` for people when it cannot keep what is given to it. */
export async function openStore(url: string): Promise<Store> {
	return new Store(await openDatabase(url));
}

/**
 * Everything the Pi has taken custody of. A method that writes has written to the disk when it resolves; when it rejects
 * nothing has changed and it can be called again.
 */
export class Store {
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
	}

	/** Keeps a report. `false` when it is here already. */
	async addReport(report: {
		reportId: string;
		saleId: string;
		jti: string;
		sealed: string;
		receivedAtMs: number;
	}): Promise<boolean> {
		const [result] = await this.#database.write([
			{
				sql: `INSERT INTO report (report_id, sale_id, jti, sealed, received_at_ms) VALUES (?, ?, ?, ?, ?)
					ON CONFLICT (report_id) DO NOTHING`,
				args: [report.reportId, report.saleId, report.jti, report.sealed, report.receivedAtMs],
			},
		]);
		return result?.rowsAffected === 1;
	}

	/** The report, or `undefined` when there is none of this id. */
	async report(reportId: string): Promise<StoredReport | undefined> {
		const result = await this.#database.read({
			sql: `SELECT ${reportColumns} FROM report WHERE report_id = ?`,
			args: [reportId],
		});
		const [row] = result.rows;
		return row === undefined ? undefined : toReport(row);
	}

	/** All reports that the cloud has not acknowledged, oldest first. */
	async openReports(): Promise<StoredReport[]> {
		const result = await this.#database.read(
			`SELECT ${reportColumns} FROM report WHERE acknowledged_at_ms IS NULL ORDER BY position`,
		);
		return result.rows.map(toReport);
	}

	/** Keeps the decision. The first one stays: a report is never decided twice. */
	async decide(reportId: string, decision: string): Promise<void> {
		await this.#database.write([
			{ sql: "UPDATE report SET decision = ? WHERE report_id = ? AND decision IS NULL", args: [decision, reportId] },
		]);
	}

	/**
	 * Marks the report as the cloud's from now on, and keeps what it has taught, once. `false` when it was the cloud's
	 * before, or when there is none of this id.
	 */
	async acknowledge(
		reportId: string,
		outcome: string,
		atMs: number,
		lesson: {
			readonly weights: Readonly<Record<string, UnitWeight>>;
			readonly strays: readonly StrayChange[];
		} = { weights: {}, strays: [] },
	): Promise<boolean> {
		const isNew = "(SELECT acknowledged_at_ms FROM report WHERE report_id = ?) IS NULL";
		const results = await this.#database.write([
			...Object.entries(lesson.weights).map(([sku, { count, meanMilligrams, squaredDeviations }]) => ({
				sql: `INSERT OR REPLACE INTO unit_weight (sku, count, mean_milligrams, squared_deviations) SELECT ?, ?, ?, ? WHERE ${isNew}`,
				args: [sku, count, meanMilligrams, squaredDeviations, reportId],
			})),
			...lesson.strays.map(({ sku, shelf, change }) => ({
				sql: `INSERT INTO stray (sku, shelf, count) SELECT ?, ?, ? WHERE ${isNew} ON CONFLICT (sku, shelf) DO UPDATE SET count = count + excluded.count`,
				args: [sku, shelf, change, reportId],
			})),
			{
				sql: "UPDATE report SET acknowledged_at_ms = ?, outcome = ? WHERE report_id = ? AND acknowledged_at_ms IS NULL",
				args: [atMs, outcome, reportId],
			},
		]);
		return results[results.length - 1]?.rowsAffected === 1;
	}

	/** What settled sales have taught so far. */
	async learned(): Promise<Lessons> {
		const weights = await this.#database.read(
			"SELECT sku, count, mean_milligrams, squared_deviations FROM unit_weight",
		);
		const strays = await this.#database.read("SELECT sku, shelf, count FROM stray WHERE count > 0");
		return {
			unitWeights: Object.fromEntries(
				weights.rows.map((row) => {
					const { sku, count, mean_milligrams, squared_deviations } = unitWeightRow.parse(row);
					return [sku, { count, meanMilligrams: mean_milligrams, squaredDeviations: squared_deviations }];
				}),
			),
			strays: strays.rows.map((row) => strayRow.parse(row)),
		};
	}

	/** What the cloud has said about what stands where, as JSON of products; `undefined` before it said something. */
	async planogram(): Promise<{ readonly version: number; readonly products: string } | undefined> {
		const result = await this.#database.read("SELECT version, products FROM planogram");
		const [row] = result.rows;
		return row === undefined ? undefined : planogramRow.parse(row);
	}

	async keepPlanogram(version: number, products: string): Promise<void> {
		await this.#database.write([
			{ sql: "INSERT OR REPLACE INTO planogram (only, version, products) VALUES (1, ?, ?)", args: [version, products] },
		]);
	}

	/** JSON of what the cloud gave in the place of the configuration's keys; `undefined` when it gave nothing. */
	async secrets(): Promise<string | undefined> {
		const result = await this.#database.read("SELECT json FROM secrets");
		const [row] = result.rows;
		return row === undefined ? undefined : secretsRow.parse(row).json;
	}

	async keepSecrets(json: string): Promise<void> {
		await this.#database.write([{ sql: "INSERT OR REPLACE INTO secrets (only, json) VALUES (1, ?)", args: [json] }]);
	}

	/** Somebody has put the shelves in order. */
	async forgetStrays(): Promise<void> {
		await this.#database.write(["DELETE FROM stray"]);
	}

	/** Forgets the reports that were acknowledged before `beforeMs`. Resolves to their number. */
	async forgetAcknowledged(beforeMs: number): Promise<number> {
		const [result] = await this.#database.write([
			{ sql: "DELETE FROM report WHERE acknowledged_at_ms < ?", args: [beforeMs] },
		]);
		return result?.rowsAffected ?? 0;
	}

	/**
	 * Puts a status message at the end of the queue. `newestOnly`: an older one of the topic that still waits is dropped,
	 * for messages that tell a state rather than an event. Resolves to the number of events lost because
	 * `maximumMessages` wait.
	 */
	async addMessage(topic: string, envelope: string, newestOnly: boolean, atMs: number): Promise<number> {
		const insert = {
			sql: "INSERT INTO message (topic, envelope, stored_at_ms) VALUES (?, ?, ?)",
			args: [topic, envelope, atMs],
		};
		if (newestOnly) {
			await this.#database.write([{ sql: "DELETE FROM message WHERE topic = ?", args: [topic] }, insert]);
			return 0;
		}
		const [, trimmed] = await this.#database.write([
			insert,
			{
				sql: "DELETE FROM message WHERE position <= (SELECT position FROM message ORDER BY position DESC LIMIT 1 OFFSET ?)",
				args: [maximumMessages],
			},
		]);
		return trimmed?.rowsAffected ?? 0;
	}

	/** The message that waits longest. */
	async firstMessage(): Promise<StoredMessage | undefined> {
		const result = await this.#database.read("SELECT position, topic, envelope FROM message ORDER BY position LIMIT 1");
		const [row] = result.rows;
		return row === undefined ? undefined : messageRow.parse(row);
	}

	/** Forgets a message that the broker has. */
	async removeMessage(position: number): Promise<void> {
		await this.#database.write([{ sql: "DELETE FROM message WHERE position = ?", args: [position] }]);
	}

	async counts(): Promise<StoreCounts> {
		const result = await this.#database.read(
			`SELECT (SELECT count(*) FROM report WHERE acknowledged_at_ms IS NULL AND decision IS NULL) AS undecided,
				(SELECT count(*) FROM report WHERE acknowledged_at_ms IS NULL) AS unacknowledged,
				(SELECT count(*) FROM message) AS messages`,
		);
		return countsRow.parse(result.rows[0]);
	}

	close(): void {
		this.#database.close();
	}
}

function toReport(row: unknown): StoredReport {
	const { report_id, sale_id, sealed, received_at_ms, decision } = reportRow.parse(row);
	return {
		reportId: report_id,
		saleId: sale_id,
		sealed,
		receivedAtMs: received_at_ms,
		decision: decision ?? undefined,
	};
}
