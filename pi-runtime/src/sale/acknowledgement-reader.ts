import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { ackBodySchema } from "@visionvend/sdk/protocol/messages";
import type { ServiceContext } from "../service-context.ts";

/**
 * Reads the cloud's acknowledgements. The age of one does not matter: that the cloud has a report stays true, and a
 * repeated acknowledgement changes nothing.
 */
export class AcknowledgementReader {
	readonly #context: ServiceContext;
	readonly #onAcknowledged: (reportId: string) => void;

	constructor(context: ServiceContext, onAcknowledged: (reportId: string) => void) {
		this.#context = context;
		this.#onAcknowledged = onAcknowledged;
	}

	receive(topic: string, token: string): void {
		this.#context.retrier.run("store an acknowledgement", () => this.#read(topic, token));
	}

	async #read(topic: string, token: string): Promise<void> {
		const { clock, machineId, receiveKey, store, tell, topics } = this.#context;
		const opened = await openEnvelope(
			receiveKey,
			{ iss: partyName(machineId, "cloud"), aud: partyName(machineId, "pi"), topic: topics.ack },
			token,
		);
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
		if (await store.acknowledge(reportId, outcome, clock.now())) {
			tell("info", "report.acknowledged", { saleId, reportId, outcome });
		}
		this.#onAcknowledged(reportId);
	}
}
