import type { Clock } from "@visionvend/sdk/clock";
import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { keyFor, openEnvelope, sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import {
	type EvidenceManifest,
	type EvidencePieceBody,
	type EvidenceRequestBody,
	evidenceManifestSchema,
	evidencePieceBodySchema,
	verifyEvidence,
} from "@visionvend/sdk/protocol/evidence";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { MachineRegistry } from "../machines/machine-registry.ts";

/** What the Pi sealed when it decided a sale, checked. */
interface FetchedEvidence {
	readonly manifest: EvidenceManifest;
	/** As the Pi sealed it. */
	readonly sealedManifest: string;
	/** By name. */
	readonly parts: ReadonlyMap<string, Uint8Array>;
}

/** Why there is no evidence to be had: none is kept, the machine does not answer, or what it sent is not what it sealed. */
export class EvidenceError extends Error {
	override readonly name = "EvidenceError";
	readonly kind: "absent" | "silent" | "untrusted";

	constructor(kind: EvidenceError["kind"], message: string) {
		super(message);
		this.kind = kind;
	}
}

/** So long a piece may take; then it is asked for again. */
const pieceMs = 4_000;
const mostTries = 3;
const manifestName = "manifest.jws";
const reportRow = z.object({ machine_id: z.string(), report_id: z.string() });

/**
 * Fetches the evidence of a sale from the Pi that decided it, piece by piece over the broker, and checks it. Nothing of it is
 * stored here: a page that nobody looks at costs nothing, and the Pi keeps it as long as a sale may be contested.
 */
export class EvidenceFetcher {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #broker: MessageBroker;
	readonly #registry: MachineRegistry;
	/** Who waits for the answer to a request, by its id. */
	readonly #waiting = new Map<string, (piece: EvidencePieceBody) => void>();
	#sequence = 0;

	constructor(options: {
		database: Database;
		clock: Clock;
		random: Random;
		broker: MessageBroker;
		registry: MachineRegistry;
	}) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#broker = options.broker;
		this.#registry = options.registry;
	}

	/** Takes an answer of a Pi in. @returns why it was not believed, or `undefined` */
	async take(machineId: string, payload: string): Promise<string | undefined> {
		const keys = await this.#registry.keys(machineId);
		if (!keys) return "unknown-machine";
		const topic = topics(machineId).evidence;
		const opened = openEnvelope(
			keyFor(keys.fromPi, payload),
			{ iss: partyName(machineId, "pi"), aud: "cloud", topic },
			payload,
		);
		if (!opened.ok) return opened.refusal;
		const piece = evidencePieceBodySchema.safeParse(opened.claims.body);
		if (!piece.success) return "bad-body";
		this.#waiting.get(`${machineId} ${piece.data.requestId}`)?.(piece.data);
		return undefined;
	}

	/**
	 * The evidence of a sale. Rejects with an `EvidenceError` when there is none, when the machine does not answer, or when what
	 * it answers is not what was sealed.
	 */
	async fetch(saleId: string): Promise<FetchedEvidence> {
		const [row] = await this.#database.read(
			"SELECT machine_id, report_id FROM report WHERE sale_id = ? ORDER BY received_at_ms LIMIT 1",
			[saleId],
		);
		if (row === undefined)
			throw new EvidenceError("absent", `No report of sale ${saleId} has come; without one there is no evidence.`);
		const { machine_id: machineId, report_id: reportId } = reportRow.parse(row);
		const keys = await this.#registry.keys(machineId);
		if (!keys) throw new EvidenceError("silent", `The machine ${machineId} has no keys.`);
		const sealedManifest = Buffer.from(await this.#part(machineId, reportId, manifestName)).toString("utf8");
		const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics(machineId).evidence };
		const key = keyFor(keys.everFromPi, sealedManifest);
		const opened = openEnvelope(key, expected, sealedManifest);
		// Only to know the names of the parts; what is wrong with it is told by the check below.
		const named = opened.ok ? evidenceManifestSchema.safeParse(opened.claims.body) : undefined;
		const parts = new Map<string, Uint8Array>();
		for (const { name } of named?.data?.parts ?? []) parts.set(name, await this.#part(machineId, reportId, name));
		const check = await verifyEvidence(key, machineId, sealedManifest, parts);
		if (!check.ok)
			throw new EvidenceError("untrusted", `The evidence of sale ${saleId} is not to be trusted. ${check.problem}`);
		const { manifest } = check;
		if (manifest.reportId !== reportId || manifest.saleId !== saleId) {
			throw new EvidenceError(
				"untrusted",
				`The machine ${machineId} sent the evidence of another sale, ${manifest.saleId}.`,
			);
		}
		return { manifest, sealedManifest, parts };
	}

	async #part(machineId: string, reportId: string, part: string): Promise<Uint8Array> {
		const pieces: Uint8Array[] = [];
		for (let offset = 0, byteLength = 1; offset < byteLength; ) {
			const piece = await this.#piece(machineId, reportId, part, offset);
			const bytes = decodeBase64url(piece.data);
			if (piece.byteLength < 0) {
				throw new EvidenceError(
					"absent",
					`The machine ${machineId} no longer has ${part} of report ${reportId}; it keeps 30 days.`,
				);
			}
			if (bytes === undefined || (bytes.length === 0 && piece.byteLength > offset)) {
				throw new EvidenceError("untrusted", `The machine ${machineId} sent a piece of ${part} that cannot be read.`);
			}
			({ byteLength } = piece);
			pieces.push(bytes);
			offset += bytes.length;
		}
		return Buffer.concat(pieces);
	}

	async #piece(machineId: string, reportId: string, part: string, offset: number): Promise<EvidencePieceBody> {
		for (let attempt = 1; attempt <= mostTries; attempt += 1) {
			const piece = await this.#ask(machineId, { requestId: randomId(this.#random), reportId, part, offset });
			if (piece !== undefined) return piece;
		}
		throw new EvidenceError(
			"silent",
			`The machine ${machineId} does not answer. Its evidence stays there; ask again when it is back.`,
		);
	}

	/** `undefined` when no answer came in time. */
	async #ask(machineId: string, request: EvidenceRequestBody): Promise<EvidencePieceBody | undefined> {
		const keys = await this.#registry.keys(machineId);
		if (!keys) return undefined;
		const topic = topics(machineId).evidenceRequest;
		this.#sequence += 1;
		const token = await sealEnvelope(keys.toPi, {
			iss: "cloud",
			aud: partyName(machineId, "pi"),
			jti: request.requestId,
			seq: this.#sequence,
			topic,
			iat: Math.floor(this.#clock.now() / 1_000),
			body: request,
		});
		const name = `${machineId} ${request.requestId}`;
		return new Promise((resolve) => {
			const end = (piece: EvidencePieceBody | undefined): void => {
				cancel();
				this.#waiting.delete(name);
				resolve(piece);
			};
			const cancel = this.#clock.after(pieceMs, () => end(undefined));
			this.#waiting.set(name, (piece) => {
				const { reportId, part, offset } = piece;
				if (reportId === request.reportId && part === request.part && offset === request.offset) end(piece);
			});
			// The broker may be away; the time runs out then.
			this.#broker.publish(topic, token).catch(() => undefined);
		});
	}
}
