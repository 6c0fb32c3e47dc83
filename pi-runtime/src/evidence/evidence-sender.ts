import {
	type EvidencePieceBody,
	evidencePieceBytes,
	evidenceRequestBodySchema,
} from "@visionvend/sdk/protocol/evidence";
import { errorText } from "../error-text.ts";
import { sealForCloud } from "../seal-for-cloud.ts";
import type { ServiceContext } from "../service-context.ts";
import type { EvidenceFolder } from "./evidence-folder.ts";

/** A request that is older than this is not answered; one that comes from so far in the future neither. */
const freshSeconds = 300;

/**
 * Answers the cloud's requests for evidence, piece by piece. It remembers nothing between two of them: the cloud asks again
 * for what did not arrive. Only the cloud can seal a request, and every answer is sealed for the cloud.
 */
export class EvidenceSender {
	readonly #context: ServiceContext;
	readonly #folder: EvidenceFolder;
	#sequence = 0;

	constructor(context: ServiceContext, folder: EvidenceFolder) {
		this.#context = context;
		this.#folder = folder;
	}

	receive(topic: string, token: string): void {
		const { tracker, tell } = this.#context;
		tracker.run(
			() => this.#answer(topic, token),
			(error) => tell("error", "evidence.unsent", { error: errorText(error) }),
		);
	}

	async #answer(topic: string, token: string): Promise<void> {
		const { broker, clock, keys, tell, topics } = this.#context;
		const opened = keys.open(topic, token);
		const request = opened.ok ? evidenceRequestBodySchema.safeParse(opened.claims.body) : undefined;
		const age = opened.ok ? Math.abs(clock.now() / 1_000 - (opened.claims.iat ?? 0)) : 0;
		if (!opened.ok || !request?.success || age > freshSeconds) {
			const reason = opened.ok ? (request?.success === true ? "stale" : "bad-body") : opened.refusal;
			tell("warn", "message.rejected", { topic, reason });
			return;
		}
		const { requestId, reportId, part, offset } = request.data;
		const bytes = await this.#folder.read(reportId, part);
		const piece = bytes?.subarray(offset, offset + evidencePieceBytes) ?? new Uint8Array();
		const body: EvidencePieceBody = {
			requestId,
			reportId,
			part,
			offset,
			byteLength: bytes?.length ?? -1,
			data: Buffer.from(piece).toString("base64url"),
		};
		const envelope = await this.#seal(body);
		// Not awaited here: the broker's answer takes time, and a task of the tracker must end while the clock stands.
		broker.publish(topics.evidence, envelope).catch((error: unknown) => {
			tell("warn", "evidence.unsent", { reportId, part, error: errorText(error) });
		});
	}

	#seal(body: EvidencePieceBody): Promise<string> {
		this.#sequence += 1;
		return sealForCloud(this.#context, { topic: this.#context.topics.evidence, seq: this.#sequence, body });
	}
}
