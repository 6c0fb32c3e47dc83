import { createHash } from "node:crypto";
import { decideBasket } from "@visionvend/sdk/basket/decide-basket";
import { decideDelivery } from "@visionvend/sdk/basket/decide-delivery";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import type { SaleReportBody } from "@visionvend/sdk/device/messages";
import { topics } from "@visionvend/sdk/device/topics";
import type { Log } from "@visionvend/sdk/log";
import { keyFor, openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { type ReportBody, reportBodySchema, saleReportBodySchema } from "@visionvend/sdk/protocol/messages";
import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { UniqueViolation } from "../db/writer.ts";
import type { Metrics } from "../http/metrics.ts";
import type { MachineKeys, MachineRegistry } from "../machines/machine-registry.ts";
import { publishLater } from "../outbox/outbox-entry.ts";
import { newSale, productsSchema, slotsSchema } from "./sale.ts";
import type { HistoryDetail } from "./sale-draft.ts";
import type { SaleStore } from "./sale-store.ts";
import { type Settlement, settle, settleDelivery } from "./settlement.ts";

/** A report, and who has to be told that it is stored. */
interface TakenReport extends ReportBody {
	readonly from: "pi" | "controller";
}

/** What the controller itself said. */
interface ControllerReport {
	/** The same however often the report is sealed; another one for each report of a controller that has not lost its store. */
	readonly jti: string;
	readonly body: SaleReportBody;
}

type ReportName = Pick<TakenReport, "reportId" | "saleId" | "from">;

const ackLivesMs = 600_000;
const outcomeSchema = z.object({ outcome: z.string() });

/**
 * Takes sale reports in: the pi's envelope around the controller's, or the controller's own where there is no pi. A
 * report is acknowledged once it is committed, and not before; a repeated one is acknowledged again and changes nothing.
 */
export class ReportIntake {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #registry: MachineRegistry;
	readonly #sales: SaleStore;
	readonly #log: Log;
	readonly #metrics: Metrics;
	readonly #onChange: () => void;

	constructor(options: {
		database: Database;
		clock: Clock;
		registry: MachineRegistry;
		sales: SaleStore;
		log: Log;
		metrics: Metrics;
		onChange: () => void;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#registry = options.registry;
		this.#sales = options.sales;
		this.#log = options.log;
		this.#metrics = options.metrics;
		this.#onChange = options.onChange;
	}

	/** @returns why the message was not believed, or `undefined` */
	async take(machineId: string, keys: MachineKeys, payload: string): Promise<string | undefined> {
		const topic = topics(machineId);
		const outer = openEnvelope(
			keyFor(keys.fromPi, payload),
			{ iss: partyName(machineId, "pi"), aud: "cloud", topic: topic.report },
			payload,
		);
		if (!outer.ok) return outer.refusal;
		const parsed = reportBodySchema.safeParse(outer.claims.body);
		if (!parsed.success) return "bad-body";
		const message: TakenReport = { ...parsed.data, from: "pi" };
		const hash = hashOf(message.report);
		const known = await this.#outcomeOf(hash);
		if (known !== undefined) {
			await this.#acknowledge(machineId, message, known);
			return undefined;
		}
		const inner = await this.#open(machineId, keys, message.report);
		if (typeof inner === "string" || inner.body.saleId !== message.saleId) {
			// The pi's own seal is good and what it carries is not: without an answer it would send it for ever.
			await this.#acknowledge(machineId, message, "rejected");
			return typeof inner === "string" ? `report-${inner}` : "report-of-another-sale";
		}
		await this.#keep(machineId, message, inner, hash);
		return undefined;
	}

	/** A report of a controller that has no pi, under its own seal alone. @returns why it was not believed */
	async takeFromController(machineId: string, keys: MachineKeys, payload: string): Promise<string | undefined> {
		const opened = await this.#open(machineId, keys, payload);
		if (typeof opened === "string") return opened;
		const { jti, body } = opened;
		const hash = hashOf(payload);
		const facts = { reportId: jti, saleId: body.saleId, report: payload, from: "controller" } as const;
		const known = await this.#outcomeOf(hash);
		if (known !== undefined) {
			await this.#acknowledge(machineId, facts, known);
			return undefined;
		}
		const { shelves, flags, dispensed } = body;
		const products = await this.#productsAtUnlock(machineId, body.saleId);
		const decision =
			dispensed.length > 0 ? decideDelivery(dispensed, products) : decideBasket({ shelves, products, flags });
		await this.#keep(machineId, { ...facts, decision }, opened, hash);
		return undefined;
	}

	/** What was on sale when the shopper asked, or now for an opening that nobody asked for. */
	async #productsAtUnlock(machineId: string, saleId: string): Promise<readonly Product[]> {
		const sale = saleId === "" ? undefined : await this.#sales.find(saleId);
		if (sale?.machineId !== machineId) return this.#registry.products(machineId);
		return productsSchema.parse(JSON.parse(sale.products));
	}

	async #open(machineId: string, keys: MachineKeys, sealed: string): Promise<ControllerReport | string> {
		const opened = openEnvelope(
			keyFor(keys.fromController, sealed),
			{ iss: partyName(machineId, "controller"), aud: "cloud", topic: topics(machineId).saleReport },
			sealed,
		);
		if (!opened.ok) return opened.refusal;
		const body = saleReportBodySchema.safeParse(opened.claims.body);
		return body.success ? { jti: opened.claims.jti, body: body.data } : "bad-body";
	}

	async #keep(machineId: string, message: TakenReport, report: ControllerReport, hash: string): Promise<void> {
		try {
			await this.#record(machineId, message, report, hash);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			const outcome = await this.#outcomeOf(hash);
			if (outcome === undefined) throw error;
			await this.#acknowledge(machineId, message, outcome);
		}
	}

	async #record(
		machineId: string,
		message: TakenReport,
		controllerReport: ControllerReport,
		hash: string,
	): Promise<void> {
		const report = controllerReport.body;
		if (report.saleId === "") {
			await this.#recordForced(machineId, message, controllerReport, hash);
			return;
		}
		const sale = await this.#sales.find(report.saleId);
		if (sale?.machineId !== machineId || sale.counter !== report.counter) {
			this.#log({
				level: "error",
				room: "cloud",
				event: "report.unknown_sale",
				saleId: report.saleId,
				machineId,
				counter: report.counter,
			});
			await this.#store(machineId, message, hash, null, "unknown_sale");
			return;
		}
		const products = productsSchema.parse(JSON.parse(sale.products));
		const settlement =
			sale.slots === null
				? settle(report, message.decision, products)
				: settleDelivery(report, slotsSchema.parse(JSON.parse(sale.slots)), products);
		const outcome = outcomeOf(settlement);
		await this.#sales.change(
			sale.id,
			{ type: "report", settlement, detail: detailOf(report, settlement) },
			this.#statements(machineId, message, hash, sale.id, outcome),
		);
	}

	/**
	 * A door that was opened without a sale becomes a sale of its own, without a shopper, for people to look at; and stays
	 * that one when the controller seals its report anew, as it does with new keys.
	 */
	async #recordForced(machineId: string, message: TakenReport, report: ControllerReport, hash: string): Promise<void> {
		const machine = await this.#registry.find(machineId);
		if (!machine) throw new Error(`machine ${machineId} has keys and no row`);
		const nowMs = this.#clock.now();
		const cause = "forced_door";
		const sale = newSale({
			gateway: null,
			id: forcedSaleId(machineId, report),
			machineId,
			shopperId: null,
			state: "review",
			cause,
			currency: machine.currency,
			holdCents: 0,
			language: "en",
			products: JSON.stringify(await this.#registry.products(machineId)),
			slots: null,
			requestedAtMs: nowMs,
			unlockDeadlineMs: nowMs,
			checkAtMs: null,
			captureDelayMs: 0,
		});
		try {
			await this.#sales.insert(
				sale,
				[
					{
						event: "report_received",
						detail: detailOf(report.body, { kind: "review", cause }),
						log: "report.received",
					},
					{ event: "review", detail: { cause }, log: "sale.review" },
				],
				this.#statements(machineId, message, hash, sale.id, "review"),
			);
		} catch (error) {
			if (!(error instanceof UniqueViolation) || error.columns !== "sale.id") throw error;
			await this.#store(machineId, message, hash, sale.id, "review");
			return;
		}
		this.#metrics.saleEnded(sale);
	}

	async #outcomeOf(hash: string): Promise<string | undefined> {
		const [row] = await this.#database.read("SELECT outcome FROM report WHERE hash = ?", [hash]);
		return row && outcomeSchema.parse(row).outcome;
	}

	async #store(
		machineId: string,
		message: TakenReport,
		hash: string,
		saleId: string | null,
		outcome: string,
	): Promise<void> {
		await this.#database.write(this.#statements(machineId, message, hash, saleId, outcome));
		this.#onChange();
	}

	#statements(
		machineId: string,
		message: TakenReport,
		hash: string,
		saleId: string | null,
		outcome: string,
	): Statement[] {
		return [
			{
				sql: `INSERT INTO report (hash, machine_id, report_id, sale_id, sealed, decision, outcome, received_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				args: [
					hash,
					machineId,
					message.reportId,
					saleId,
					message.report,
					JSON.stringify(message.decision),
					outcome,
					this.#clock.now(),
				],
			},
			this.#ack(machineId, message, outcome),
		];
	}

	async #acknowledge(machineId: string, message: ReportName, outcome: string): Promise<void> {
		await this.#database.write([this.#ack(machineId, message, outcome)]);
		this.#onChange();
	}

	#ack(machineId: string, { reportId, saleId, from }: ReportName, outcome: string): Statement {
		const nowMs = this.#clock.now();
		const { ack, acknowledgement } = topics(machineId);
		return publishLater(
			{
				machineId,
				saleId,
				log: null,
				...(from === "pi"
					? { to: "pi", topic: ack, body: { reportId, saleId, outcome } }
					: { to: "controller", topic: acknowledgement, body: { reportId, saleId } }),
			},
			{ lane: saleId === "" ? machineId : saleId, nowMs, expiresAtMs: nowMs + ackLivesMs },
		);
	}
}

function hashOf(text: string): string {
	return createHash("sha256").update(text).digest("base64url");
}

/** The number of a report is not enough: a controller that has lost its store counts from 1 again. */
function forcedSaleId(machineId: string, { jti, body }: ControllerReport): string {
	return `forced-${hashOf(JSON.stringify([machineId, jti, body])).slice(0, 22)}`;
}

function outcomeOf(settlement: Settlement): "captured" | "cancelled" | "review" {
	switch (settlement.kind) {
		case "capture":
			return "captured";
		case "cancel":
			return "cancelled";
		case "review":
			return "review";
	}
}

function detailOf({ opened, doorOpenMs, flags }: SaleReportBody, settlement: Settlement): HistoryDetail {
	const detail = { opened, doorOpenMs, flags, decision: settlement.kind };
	if (settlement.kind !== "capture") return { ...detail, cause: settlement.cause };
	const items = settlement.lines.map(({ sku, quantity }) => ({ sku, quantity }));
	return { ...detail, items, finalCents: settlement.finalCents };
}
