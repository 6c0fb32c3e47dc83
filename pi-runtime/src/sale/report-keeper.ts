import { type BasketDecision, basketDecisionSchema } from "@visionvend/sdk/basket/basket-decision";
import type { BasketInput } from "@visionvend/sdk/basket/basket-input";
import { decideBasket } from "@visionvend/sdk/basket/decide-basket";
import { decideDelivery } from "@visionvend/sdk/basket/decide-delivery";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { Gathered, Openings } from "../decide/openings.ts";
import { errorText } from "../error-text.ts";
import type { EvidenceKeeper } from "../evidence/evidence-keeper.ts";
import type { Recording } from "../record/recording.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";
import { readReport } from "./read-report.ts";

/** Nothing but the report: what a Pi knows that was started after the door had closed. */
const nothingGathered: Gathered = { curve: [], steps: [], sighting: undefined, shortages: ["unseen-opening"] };

/** Keeps the controller's sale reports and decides what was taken. */
export class ReportKeeper {
	readonly #context: ServiceContext;
	readonly #products: () => readonly Product[];
	readonly #openings: Openings;
	readonly #evidence: EvidenceKeeper | undefined;
	readonly #recording: Recording | undefined;
	readonly #onDecided: (reportId: string, saleId: string) => void;

	constructor(
		context: ServiceContext,
		options: {
			/** What the machine sells by, at the moment. */
			products(): readonly Product[];
			readonly openings: Openings;
			/** Keeps what a decision was made from; nothing is kept where not given. */
			readonly evidence: EvidenceKeeper | undefined;
			/** Pictures of the openings that people have to look at stay. */
			readonly recording: Recording | undefined;
			onDecided(reportId: string, saleId: string): void;
		},
	) {
		this.#context = context;
		this.#products = () => options.products();
		this.#openings = options.openings;
		this.#evidence = options.evidence;
		this.#recording = options.recording;
		this.#onDecided = options.onDecided;
	}

	/**
	 * Stores a report, takes custody of it, then decides it by what is known of its opening within the deadline. One that
	 * cannot be read is refused and let go.
	 */
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
			const report = { reportId, saleId, sealed, receivedAtMs, decision: undefined };
			this.#openings.gather(saleId, read.body.shelves, (gathered) => this.#decide(report, gathered));
		});
	}

	/** Takes up the reports of an earlier life of this process. */
	resume(reports: readonly StoredReport[]): void {
		for (const report of reports) {
			if (report.decision === undefined) this.#decide(report, nothingGathered);
			else this.#onDecided(report.reportId, report.saleId);
		}
	}

	#decide(report: StoredReport, gathered: Gathered): void {
		const { retrier, store, tell } = this.#context;
		const { reportId, saleId } = report;
		retrier.run("store a decision", async () => {
			const { decision, input } = await this.#decisionOn(report.sealed, gathered);
			await store.decide(reportId, JSON.stringify(decision));
			tell("info", "basket.decided", {
				saleId,
				reportId,
				kind: decision.kind,
				...(decision.kind === "settle" ? { items: decision.items } : { reason: decision.reason }),
				probabilityPermille: decision.probabilityPermille,
				detail: decision.detail,
				...(gathered.sighting === undefined ? undefined : { cameras: true }),
			});
			this.#onDecided(reportId, saleId);
			await this.#evidence?.keep(report, decision, gathered, input);
			if (decision.kind === "review" && gathered.opening !== undefined) await this.#pin(report, gathered.opening);
		});
	}

	/** A disk that is full costs the video and a line in the log. */
	async #pin({ reportId, saleId }: StoredReport, opening: NonNullable<Gathered["opening"]>): Promise<void> {
		try {
			await this.#recording?.pin(reportId, opening);
		} catch (error) {
			this.#context.tell("error", "recording.failed", { saleId, reportId, error: errorText(error) });
		}
	}

	/** `input`: what scales and cameras were understood from; `undefined` where nothing was weighed. */
	async #decisionOn(
		sealed: string,
		{ steps, sighting }: Gathered,
	): Promise<{ readonly decision: BasketDecision; readonly input?: BasketInput | undefined }> {
		const { store, tell, topics } = this.#context;
		const read = readReport(sealed, topics.saleReport);
		// Stored by a version that could read it. People look at it rather than nobody.
		if (typeof read === "string")
			return { decision: review(`This version of the Pi cannot read the report (${read}).`) };
		const { shelves, flags, dispensed } = read.body;
		const products = this.#products();
		if (dispensed.length > 0) return { decision: sendable(decideDelivery(dispensed, products)) };
		const weights = { shelves, products, flags };
		// What the store cannot tell is not worth a sale.
		const learned = sighting === undefined ? undefined : await store.learned();
		const input: BasketInput = { ...weights, ...learned, steps, vision: sighting?.vision };
		try {
			return { decision: sendable(decideBasket(input)), input };
		} catch (error) {
			tell("error", "basket.failed", { saleId: read.body.saleId, error: errorText(error) });
			return { decision: review("The decision failed on the Pi; its log says why.") };
		}
	}
}

// A token of 16,384 characters holds 12 KiB, of which the controller's own token takes 2 KiB.
const mostDecisionBytes = 8_192;

/** The decision as the cloud can take it: one that is too long would be refused at each sending, for ever. */
function sendable(decision: BasketDecision): BasketDecision {
	if (isSendable(decision)) return decision;
	const { reasons: _reasons, ...short } = decision;
	if (isSendable(short)) return short;
	if (decision.kind === "review") return { ...short, candidates: [] } as BasketDecision;
	return review("More different products are gone than a report can name.");
}

function isSendable(decision: BasketDecision): boolean {
	const isShort = Buffer.byteLength(JSON.stringify(decision)) <= mostDecisionBytes;
	return isShort && basketDecisionSchema.safeParse(decision).success;
}

function review(detail: string): BasketDecision {
	return { kind: "review", reason: "unexplained-weight", candidates: [], probabilityPermille: 0, detail };
}
