import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";

/** What stands beside a release: what it is, and the maker's signature. */
export const releaseManifestSchema = z.strictObject({
	product: z.enum(["visionvend-pi", "visionvend-model"]),
	/** What it runs on, as Node names it: `linux-arm64`. Of a model `any`. */
	hardware: z.string().regex(/^(linux-(arm64|x64)|any)$/),
	/** Semantic version, without a pre-release. */
	version: z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
	/** Rises when older releases must not come back, for a hole that was closed. */
	floor: z.int().min(0),
	byteLength: z.int().min(1),
	/** Of the archive, base64url. */
	sha256: z.string().regex(/^[\w-]{43}$/),
	/** ECDSA P-256 over the SHA-256 of `signedText`, r‖s, base64url. */
	signature: z.string().regex(/^[\w-]{86}$/),
});

export type ReleaseManifest = z.infer<typeof releaseManifestSchema>;

/** Why a release is not taken. */
export type ReleaseRefusal =
	| "bad-manifest"
	| "bad-signature"
	| "wrong-hardware"
	| "older-floor"
	| "wrong-length"
	| "wrong-digest"
	| "broken-archive";

/** A release that is not taken; the message says what to do. */
export class ReleaseRefusedError extends Error {
	override readonly name = "ReleaseRefusedError";
	readonly refusal: ReleaseRefusal;

	constructor(refusal: ReleaseRefusal, message: string, options?: ErrorOptions) {
		super(message, options);
		this.refusal = refusal;
	}
}

/** The text that is signed: all members but the signature, one a line. No member can hold a line feed. */
function signedText({
	product,
	hardware,
	version,
	floor,
	byteLength,
	sha256,
}: Omit<ReleaseManifest, "signature">): Buffer {
	const lines = Object.entries({ product, hardware, version, floor, byteLength, sha256 });
	return Buffer.from(`visionvend-release/1\n${lines.map(([name, value]) => `${name}=${value}\n`).join("")}`);
}

/** Signs a manifest with the maker's private key (P-256). */
export function signManifest(manifest: Omit<ReleaseManifest, "signature">, key: KeyObject): ReleaseManifest {
	const { asymmetricKeyDetails, type } = key;
	if (type !== "private" || asymmetricKeyDetails?.namedCurve !== "prime256v1")
		throw new Error(
			"The key is no private P-256 key. Make one: openssl ecparam -name prime256v1 -genkey -noout -out key.pem",
		);
	const signature = sign("sha256", signedText(manifest), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
	return { ...manifest, signature };
}

/** Reads a manifest that somebody brought. Throws a `ReleaseRefusedError` unless the maker signed it. */
export function readManifest(text: string, publicKeyPem: string): ReleaseManifest {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new ReleaseRefusedError("bad-manifest", "The manifest is not JSON. Fetch it again.");
	}
	const parsed = releaseManifestSchema.safeParse(document);
	if (!parsed.success)
		throw new ReleaseRefusedError("bad-manifest", `The manifest is none of ours: ${z.prettifyError(parsed.error)}`);
	const manifest = parsed.data;
	const key = { key: createPublicKey(publicKeyPem), dsaEncoding: "ieee-p1363" } as const;
	if (!verify("sha256", signedText(manifest), key, Buffer.from(manifest.signature, "base64url")))
		throw new ReleaseRefusedError("bad-signature", "The maker's key did not sign this manifest. Do not install it.");
	return manifest;
}
