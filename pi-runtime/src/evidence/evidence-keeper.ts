import { createHash } from "node:crypto";
import type { BasketDecision } from "@visionvend/sdk/basket/basket-decision";
import type { BasketInput } from "@visionvend/sdk/basket/basket-input";
import { tellOpening } from "@visionvend/sdk/basket/decide-by-evidence";
import type { Product } from "@visionvend/sdk/catalog/product";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { EvidenceManifest } from "@visionvend/sdk/protocol/evidence";
import type { Gathered } from "../decide/openings.ts";
import { errorText } from "../error-text.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredReport } from "../store/store.ts";
import { type EvidenceFolder, manifestName } from "./evidence-folder.ts";

interface Part {
	readonly name: string;
	readonly mediaType: string;
	readonly bytes: Uint8Array;
}

/** Keeps what each decision was made from, sealed at the moment of the decision. */
export class EvidenceKeeper {
	readonly #context: ServiceContext;
	readonly #products: () => readonly Product[];
	readonly #folder: EvidenceFolder;

	constructor(context: ServiceContext, products: () => readonly Product[], folder: EvidenceFolder) {
		this.#context = context;
		this.#products = products;
		this.#folder = folder;
	}

	/**
	 * Writes the bundle of a decided report, pinned while people have to look at it. A disk that is full costs the evidence
	 * and a line in the log, never the sale. `input`: what the decision was made from, where something was weighed.
	 */
	async keep(
		report: StoredReport,
		decision: BasketDecision,
		{ curve, sighting, shortages }: Gathered,
		input: BasketInput | undefined,
	): Promise<void> {
		const { clock, machineId, tell } = this.#context;
		const { reportId, saleId } = report;
		const json = (name: string, value: unknown): Part => ({
			name,
			mediaType: "application/json",
			bytes: Buffer.from(JSON.stringify(value)),
		});
		// All parts are made before anything is awaited: a new planogram waits for the end of this session, not for its evidence.
		const happened = input?.vision === undefined ? undefined : tellOpening(input, input.vision, curve);
		const parts: Part[] = [
			{ name: "report.jws", mediaType: "application/jose", bytes: Buffer.from(report.sealed) },
			json("decision.json", { decision, shortages, happened }),
			json("products.json", this.#products()),
			json("weights.json", curve),
			...(sighting === undefined ? [] : [json("events.json", sighting.vision), ...sighting.pictures]),
		];
		const manifest: EvidenceManifest = {
			version: 1,
			machineId,
			reportId,
			saleId,
			decidedAtMs: Math.round(clock.now()),
			parts: parts.map(({ name, mediaType, bytes }) => ({
				name,
				mediaType,
				byteLength: bytes.length,
				sha256: createHash("sha256").update(bytes).digest("base64url"),
			})),
		};
		try {
			const files = new Map(parts.map(({ name, bytes }) => [name, bytes]));
			files.set(manifestName, Buffer.from(await this.#seal(manifest)));
			await this.#folder.keep(reportId, files, { atMs: manifest.decidedAtMs, isPinned: decision.kind === "review" });
			await this.tidy();
		} catch (error) {
			tell("error", "evidence.failed", { saleId, reportId, error: errorText(error) });
		}
	}

	/** Deletes what need not be kept any longer. */
	async tidy(): Promise<void> {
		const { clock, tell } = this.#context;
		for (const reportId of await this.#folder.tidy(clock.now())) tell("info", "evidence.forgotten", { reportId });
	}

	#seal(manifest: EvidenceManifest): Promise<string> {
		const { machineId, keys, topics } = this.#context;
		return sealEnvelope(keys.send, {
			iss: partyName(machineId, "pi"),
			aud: partyName(machineId, "cloud"),
			jti: `evidence-${manifest.reportId}`,
			seq: 0,
			topic: topics.evidence,
			iat: Math.floor(manifest.decidedAtMs / 1_000),
			body: manifest,
		});
	}
}
