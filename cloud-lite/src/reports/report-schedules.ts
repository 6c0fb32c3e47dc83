import { formatCents } from "@visionvend/sdk/catalog/money";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged, type Statement } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { deliverLater } from "../notify/delivery.ts";
import type { Mail } from "../notify/mailer.ts";
import { DueWork, type DueWorkPorts } from "../outbox/due-work.ts";
import { dayOf } from "./period.ts";
import { reportCsv } from "./sales-csv.ts";
import { type Grouping, groupings, type SalesRow, salesReport } from "./sales-report.ts";
import { cadences, nextTime, reportedPeriod, type ScheduleTime } from "./schedule-time.ts";

/** A report that goes to people by letter. */
export interface ReportSchedule extends ScheduleTime {
	readonly id: string;
	readonly tenantId: string;
	readonly by: Grouping;
	readonly recipients: readonly string[];
	readonly nextAtMs: number;
}

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	every: z.enum(cadences),
	grouping: z.enum(groupings),
	hour: z.int(),
	time_zone: z.string(),
	recipients: z.string(),
	next_at_ms: z.int(),
});
const nextSchema = z.object({ at: z.int().nullable() });

function scheduleOf(row: unknown): ReportSchedule {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		tenantId: columns.tenant_id,
		every: columns.every,
		by: columns.grouping,
		hour: columns.hour,
		timeZone: columns.time_zone,
		recipients: z.array(z.string()).parse(JSON.parse(columns.recipients)),
		nextAtMs: columns.next_at_ms,
	};
}

const mostLinesInLetter = 20;

/** Sends sales reports by letter when they are due. Each one goes once, however many instances look. */
export class ReportSchedules extends DueWork {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #onDelivery: () => void;

	constructor(
		options: DueWorkPorts & {
			database: Database;
			random: Random;
			/** A letter waits to leave. */
			onDelivery: () => void;
		},
	) {
		super({ ...options, work: () => this.#sendDue() });
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#onDelivery = options.onDelivery;
	}

	async list(tenantId: string): Promise<ReportSchedule[]> {
		const rows = await this.#database.read(
			"SELECT * FROM report_schedule WHERE tenant_id = ? ORDER BY created_at_ms, id",
			[tenantId],
		);
		return rows.map(scheduleOf);
	}

	async add(tenantId: string, fields: Omit<ReportSchedule, "id" | "tenantId" | "nextAtMs">): Promise<ReportSchedule> {
		const nowMs = this.#clock.now();
		const schedule = { ...fields, id: randomId(this.#random), tenantId, nextAtMs: nextTime(fields, nowMs) };
		await this.#database.write([
			{
				sql: `INSERT INTO report_schedule
						(id, tenant_id, every, grouping, hour, time_zone, recipients, next_at_ms, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [
					schedule.id,
					tenantId,
					schedule.every,
					schedule.by,
					schedule.hour,
					schedule.timeZone,
					JSON.stringify(schedule.recipients),
					schedule.nextAtMs,
					nowMs,
				],
			},
		]);
		this.kick();
		return schedule;
	}

	/** @returns whether there was one */
	async remove(tenantId: string, id: string): Promise<boolean> {
		const found = (await this.list(tenantId)).some((schedule) => schedule.id === id);
		await this.#database.write([
			{ sql: "DELETE FROM report_schedule WHERE tenant_id = ? AND id = ?", args: [tenantId, id] },
		]);
		return found;
	}

	/** Sends the last finished period now, beside its turn. @returns false when there is no such schedule */
	async send(tenantId: string, id: string): Promise<boolean> {
		const schedule = (await this.list(tenantId)).find((each) => each.id === id);
		if (!schedule) return false;
		const nowMs = this.#clock.now();
		await this.#database.write(await this.#letters(schedule, nowMs, `report-${id}-${randomId(this.#random)}`));
		this.#onDelivery();
		return true;
	}

	async #sendDue(): Promise<number | undefined> {
		const nowMs = this.#clock.now();
		const rows = await this.#database.read(
			"SELECT * FROM report_schedule WHERE next_at_ms <= ? ORDER BY next_at_ms, id LIMIT 50",
			[nowMs],
		);
		for (const schedule of rows.map(scheduleOf)) {
			const { tenantId, id, nextAtMs } = schedule;
			try {
				await this.#database.write([
					{
						sql: "UPDATE report_schedule SET next_at_ms = ? WHERE tenant_id = ? AND id = ? AND next_at_ms = ?",
						args: [nextTime(schedule, nowMs), tenantId, id, nextAtMs],
					},
					mustHaveChanged(`report ${id} is due`),
					...(await this.#letters(schedule, nextAtMs, `report-${id}-${nextAtMs}`)),
				]);
			} catch (error) {
				// Another instance has sent it, or somebody removed it.
				if (!(error instanceof GuardFailed)) throw error;
			}
			this.#onDelivery();
		}
		const [next] = await this.#database.read("SELECT MIN(next_at_ms) AS at FROM report_schedule");
		return nextSchema.parse(next).at ?? undefined;
	}

	async #letters(schedule: ReportSchedule, atMs: number, messageId: string): Promise<Statement[]> {
		const { tenantId, by, recipients, timeZone } = schedule;
		const period = reportedPeriod(schedule, atMs);
		const rows = await salesReport(this.#database, tenantId, period, by);
		const first = dayOf(period.fromMs, timeZone);
		const last = dayOf(period.toMs - 1, timeZone);
		const days = first === last ? first : `${first} to ${last}`;
		const subject = `Sales of ${days}`;
		return recipients.map((recipient) => {
			const payload: Mail = {
				to: [recipient],
				subject,
				text: letter(subject, rows, by),
				attachments: [
					{
						filename: `sales-${first}-by-${by}.csv`,
						contentType: "text/csv; charset=utf-8",
						content: reportCsv(rows, by),
					},
				],
			};
			return deliverLater(
				{ tenantId, kind: "mail", destinationId: recipient, messageId, subject, payload },
				this.#clock.now(),
			);
		});
	}
}

function letter(subject: string, rows: readonly SalesRow[], by: Grouping): string {
	if (rows.length === 0) return `${subject}\n\nNothing was sold.\n`;
	const sums = new Map<string, { sales: number; cents: number }>();
	for (const { currency, sales, revenueCents } of rows) {
		const sum = sums.get(currency) ?? { sales: 0, cents: 0 };
		sums.set(currency, { sales: sum.sales + sales, cents: sum.cents + revenueCents });
	}
	// A sale of two products stands in two rows of a report by product.
	const totals = [...sums].map(([currency, { sales, cents }]) =>
		by === "product" ? formatCents(cents, currency) : `${formatCents(cents, currency)} in ${sales} sales`,
	);
	const lines = rows
		.slice(0, mostLinesInLetter)
		.map(
			({ name, units, revenueCents, currency }) => `${name}: ${units} units, ${formatCents(revenueCents, currency)}`,
		);
	const more =
		rows.length > mostLinesInLetter ? [`… and ${rows.length - mostLinesInLetter} more in the attached file`] : [];
	return [subject, "", ...totals, "", ...lines, ...more, ""].join("\n");
}
