import { z } from "zod";
import { type EnvelopeKey, partyName } from "../device/envelope/envelope.ts";
import { Sha256 } from "../device/envelope/sha256.ts";
import { encodeBase64url } from "../device/text/base64url.ts";
import { topics } from "../device/topics.ts";
import { openEnvelope } from "./envelope.ts";
import { machineIdSchema } from "./messages.ts";

const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, - and _, 1 to 64");

/** Names a part of a bundle, and its file: no slash, and no dot first. */
export const partNameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}\.[a-z0-9]{1,5}$/, "such as weights.json");

/** What a bundle of evidence consists of. The Pi seals it as the body of an envelope. */
export const evidenceManifestSchema = z.object({
	version: z.literal(1),
	machineId: machineIdSchema,
	reportId: identifier,
	/** Empty for a forced opening. */
	saleId: z.string().regex(/^[A-Za-z0-9_-]{0,64}$/),
	decidedAtMs: z.int().min(0),
	parts: z
		.array(
			z.object({
				name: partNameSchema,
				mediaType: z.string().min(1).max(64),
				byteLength: z.int().min(0).max(16_777_216),
				/** Base64url. */
				sha256: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
			}),
		)
		.max(32),
});

/** What a bundle of evidence consists of. */
export type EvidenceManifest = z.infer<typeof evidenceManifestSchema>;

/** cloud → pi: send a piece of the evidence of a sale. The manifest is the part `manifest.jws`. */
export const evidenceRequestBodySchema = z.object({
	/** Echoed in the answer. */
	requestId: identifier,
	reportId: identifier,
	part: partNameSchema,
	offset: z.int().min(0).max(16_777_216),
});

/** cloud → pi: send a piece of the evidence of a sale. */
export type EvidenceRequestBody = z.infer<typeof evidenceRequestBodySchema>;

/** Bytes of a piece: as base64url in a sealed envelope it stays below `maximumNodeTokenCharacters`. */
export const evidencePieceBytes = 8_192;

/** pi → cloud: a piece of the evidence of a sale. */
export const evidencePieceBodySchema = z.object({
	requestId: identifier,
	reportId: identifier,
	part: partNameSchema,
	offset: z.int().min(0).max(16_777_216),
	/** Of the whole part; -1 where the Pi has no such part, or no longer. */
	byteLength: z.int().min(-1).max(16_777_216),
	/** Base64url; empty at the end of the part. */
	data: z.string().max(10_923),
});

/** pi → cloud: a piece of the evidence of a sale. */
export type EvidencePieceBody = z.infer<typeof evidencePieceBodySchema>;

/** What a check of a bundle came to: the manifest, or the first thing that is wrong with it. */
export type EvidenceCheck =
	| { readonly ok: true; readonly manifest: EvidenceManifest }
	| { readonly ok: false; readonly problem: string };

/**
 * Checks that a bundle is what the Pi of `machineId` sealed when it decided: the seal of its manifest, and the length and
 * SHA-256 of every part. `parts` by name, without the manifest; a part that the manifest does not name is a problem, too.
 */
export async function verifyEvidence(
	key: EnvelopeKey,
	machineId: string,
	sealedManifest: string,
	parts: ReadonlyMap<string, Uint8Array>,
): Promise<EvidenceCheck> {
	const opened = openEnvelope(
		key,
		{ iss: partyName(machineId, "pi"), aud: partyName(machineId, "cloud"), topic: topics(machineId).evidence },
		sealedManifest,
	);
	if (!opened.ok) return { ok: false, problem: `The seal of the manifest is refused: ${opened.refusal}.` };
	const parsed = evidenceManifestSchema.safeParse(opened.claims.body);
	if (!parsed.success) return { ok: false, problem: `The manifest cannot be read: ${z.prettifyError(parsed.error)}` };
	const manifest = parsed.data;
	if (manifest.machineId !== machineId) {
		return { ok: false, problem: `The manifest is of ${manifest.machineId}, not of ${machineId}.` };
	}
	for (const { name, byteLength, sha256 } of manifest.parts) {
		const bytes = parts.get(name);
		if (bytes === undefined) return { ok: false, problem: `The part ${name} is missing.` };
		if (bytes.length !== byteLength) {
			return { ok: false, problem: `The part ${name} has ${bytes.length} bytes; ${byteLength} were sealed.` };
		}
		if (hashOf(bytes) !== sha256) return { ok: false, problem: `The part ${name} is not the one that was sealed.` };
	}
	const known = new Set(manifest.parts.map(({ name }) => name));
	const stranger = [...parts.keys()].find((name) => !known.has(name));
	if (stranger !== undefined) return { ok: false, problem: `The part ${stranger} was never sealed.` };
	return { ok: true, manifest };
}

function hashOf(bytes: Uint8Array): string {
	return encodeBase64url(new Sha256().update(bytes).digest());
}
