import { type BasketDecision, basketDecisionSchema } from "@visionvend/sdk/basket/basket-decision";
import { decideBasket } from "@visionvend/sdk/basket/decide-basket";
import { decideDelivery } from "@visionvend/sdk/basket/decide-delivery";
import type { Product } from "@visionvend/sdk/catalog/product";
import { errorText } from "../error-text.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";
import { readReport } from "./read-report.ts";

/** Keeps the controller's sale reports and decides what was taken. */
export class ReportKeeper {
	readonly #context: ServiceContext;
	readonly #products: readonly Product[];
	readonly #onDecided: (reportId: string) => void;

	constructor(context: ServiceContext, products: readonly Product[], onDecided: (reportId: string) => void) {
		this.#context = context;
		this.#products = products;
		this.#onDecided = onDecided;
	}

	/** Stores a report, takes custody of it, then decides it. One that cannot be read is refused and let go. */
	receive(sealed: string, takeCustody: () => void): void {
		const { clock, retrier, store, tell, topics } = this.#context;
		const read = readReport(sealed, topics.saleReport);
		if (typeof read === "string") {
			tell("error", "message.rejected", { topic: topics.saleReport, reason: read });
			takeCustody();
			return;
		}
		const { reportId, jti } = read;
		const { saleId } = read.body;
		const receivedAtMs = clock.now();
		retrier.run("store a report", async () => {
			const isNew = await store.addReport({ reportId, saleId, jti, sealed, receivedAtMs });
			// Only now: what the controller hears acknowledged it forgets.
			takeCustody();
			if (!isNew) {
				tell("info", "report.duplicate", { saleId, reportId });
				return;
			}
			tell("info", "report.stored", { saleId, reportId, opened: read.body.opened, flags: read.body.flags });
			this.#decide({ reportId, saleId, sealed, receivedAtMs, decision: undefined });
		});
	}

	/** Takes up the reports of an earlier life of this process. */
	resume(reports: readonly StoredReport[]): void {
		for (const report of reports) {
			if (report.decision === undefined) this.#decide(report);
			else this.#onDecided(report.reportId);
		}
	}

	#decide({ reportId, saleId, sealed }: StoredReport): void {
		const { retrier, store, tell } = this.#context;
		retrier.run("store a decision", async () => {
			const decision = this.#decisionOn(sealed);
			await store.decide(reportId, JSON.stringify(decision));
			tell("info", "basket.decided", {
				saleId,
				reportId,
				kind: decision.kind,
				...(decision.kind === "settle" ? { items: decision.items } : { reason: decision.reason }),
				probabilityPermille: decision.probabilityPermille,
				detail: decision.detail,
			});
			this.#onDecided(reportId);
		});
	}

	#decisionOn(sealed: string): BasketDecision {
		const read = readReport(sealed, this.#context.topics.saleReport);
		// Stored by a version that could read it. People look at it rather than nobody.
		if (typeof read === "string") return review(`This version of the Pi cannot read the report (${read}).`);
		const { shelves, flags, dispensed } = read.body;
		if (dispensed.length > 0) return sendable(decideDelivery(dispensed, this.#products));
		try {
			return sendable(decideBasket({ shelves, products: this.#products, flags }));
		} catch (error) {
			this.#context.tell("error", "basket.failed", { saleId: read.body.saleId, error: errorText(error) });
			return review("The decision from the weights failed on the Pi; its log says why.");
		}
	}
}

// A token of 16,384 characters holds 12 KiB, of which the controller's own token takes 2 KiB.
const mostDecisionBytes = 8_192;

/** The decision as the cloud can take it: one that is too long would be refused at each sending, for ever. */
function sendable(decision: BasketDecision): BasketDecision {
	const isShort = Buffer.byteLength(JSON.stringify(decision)) <= mostDecisionBytes;
	if (isShort && basketDecisionSchema.safeParse(decision).success) return decision;
	if (decision.kind === "review") return { ...decision, candidates: [] };
	return review("More different products are gone than a report can name.");
}

function review(detail: string): BasketDecision {
	return { kind: "review", reason: "unexplained-weight", candidates: [], probabilityPermille: 0, detail };
}
