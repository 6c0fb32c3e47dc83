import { basketDecisionSchema, type StrayChange } from "@visionvend/sdk/basket/basket-decision";
import { learnUnit, type UnitWeight, unitsWeighedAlone } from "@visionvend/sdk/basket/unit-weights";
import type { Product } from "@visionvend/sdk/catalog/product";
import { ackBodySchema } from "@visionvend/sdk/protocol/messages";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";
import { parseJson } from "./read-claims.ts";
import { readReport } from "./read-report.ts";

/**
 * Reads the cloud's acknowledgements. The age of one does not matter: that the cloud has a report stays true, and a
 * repeated acknowledgement changes nothing.
 */
export class AcknowledgementReader {
	readonly #context: ServiceContext;
	readonly #products: () => readonly Product[];
	readonly #onAcknowledged: (reportId: string, outcome: string) => void;

	constructor(
		context: ServiceContext,
		products: () => readonly Product[],
		onAcknowledged: (reportId: string, outcome: string) => void,
	) {
		this.#context = context;
		this.#products = products;
		this.#onAcknowledged = onAcknowledged;
	}

	receive(topic: string, token: string): void {
		this.#context.retrier.run("store an acknowledgement", () => this.#read(topic, token));
	}

	async #read(topic: string, token: string): Promise<void> {
		const { clock, keys, store, tell, topics } = this.#context;
		const opened = keys.open(topics.ack, token);
		if (!opened.ok) {
			tell("warn", "message.rejected", { topic, reason: opened.refusal });
			return;
		}
		const body = ackBodySchema.safeParse(opened.claims.body);
		if (!body.success) {
			tell("warn", "message.rejected", { topic, reason: "bad-body" });
			return;
		}
		const { reportId, saleId, outcome } = body.data;
		const report = await store.report(reportId);
		if (report === undefined) {
			tell("warn", "message.rejected", { topic, reason: "unknown-report", reportId });
			return;
		}
		const lesson = isSettled(outcome) ? await this.#lessonOf(report) : nothing;
		if (await store.acknowledge(reportId, outcome, clock.now(), lesson)) {
			tell("info", "report.acknowledged", { saleId, reportId, outcome });
		}
		this.#onAcknowledged(reportId, outcome);
	}

	/** What a settled sale teaches: the mass of units that were weighed alone, and what stands on wrong shelves now. */
	async #lessonOf({ sealed, decision }: StoredReport): Promise<Lesson> {
		const { store, topics } = this.#context;
		const read = readReport(sealed, topics.saleReport);
		const decided = basketDecisionSchema.safeParse(parseJson(decision ?? ""));
		if (typeof read === "string" || !decided.success || decided.data.kind !== "settle") return nothing;
		const { items, strays = [] } = decided.data;
		const { unitWeights } = await store.learned();
		const weights: Record<string, UnitWeight> = {};
		for (const { sku, milligrams } of unitsWeighedAlone(items, read.body.shelves, this.#products())) {
			weights[sku] = learnUnit(weights[sku] ?? unitWeights[sku], milligrams);
		}
		return { weights, strays };
	}
}

interface Lesson {
	readonly weights: Readonly<Record<string, UnitWeight>>;
	readonly strays: readonly StrayChange[];
}

const nothing: Lesson = Object.freeze({ weights: {}, strays: [] });

/** The cloud has weighed again and charged by it, or found that nothing is gone. */
function isSettled(outcome: string): boolean {
	return outcome === "captured" || outcome === "cancelled";
}
