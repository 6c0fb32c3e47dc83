import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { firmwareManifestBodySchema } from "@visionvend/sdk/protocol/messages";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import { type Database, mustHaveChanged } from "../db/database.ts";
import { GuardFailed } from "../db/writer.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";

export const artifactKindSchema = z.enum(["controller", "pi", "model"]);

/** What is updated, for what, and who says so: as `visionvend-firmware/1` and `visionvend-release/1` are signed. */
export const artifactManifestSchema = firmwareManifestBodySchema
	.omit({ commandId: true })
	.extend({ byteLength: z.int().min(1).max(268_435_456) });
export type ArtifactManifest = z.infer<typeof artifactManifestSchema>;

export interface Artifact {
	readonly id: string;
	readonly kind: z.infer<typeof artifactKindSchema>;
	readonly manifest: ArtifactManifest;
	/** Whether its content has come. */
	readonly complete: boolean;
	readonly createdAtMs: number;
}

const rowSchema = z.object({
	id: z.string(),
	kind: artifactKindSchema,
	manifest: z.string(),
	complete: z.int(),
	created_at_ms: z.int(),
});
const columns = "SELECT id, kind, manifest, content IS NOT NULL AS complete, created_at_ms FROM ota_artifact";

/** Signed images, releases and models, each tenant's own. Nothing whose signature is not of a known maker is kept. */
export class ArtifactStore {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #makers: readonly KeyObject[];

	/** `makers`: P-256 public keys, uncompressed points of 65 bytes, base64url. @throws RangeError when one is none */
	constructor(options: { database: Database; clock: Clock; random: Random; makers: readonly string[] }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#makers = options.makers.map(publicKeyOf);
	}

	/** @throws Problem 422 when nobody we know has signed the manifest */
	async add(
		tenantId: string,
		kind: Artifact["kind"],
		manifest: ArtifactManifest,
		createdBy: string,
	): Promise<Artifact> {
		if (this.#makers.length === 0) {
			throw new Problem(422, "no_makers", "No maker's key is known here: set OTA_PUBLIC_KEYS.");
		}
		const text = Buffer.from(signedText(kind, manifest));
		const signature = Buffer.from(manifest.signature, "base64url");
		const known = this.#makers.some((key) => verify("sha256", text, { key, dsaEncoding: "ieee-p1363" }, signature));
		if (!known) throw new Problem(422, "signature_unknown", "The manifest is signed by nobody in OTA_PUBLIC_KEYS.");
		const id = randomId(this.#random);
		await this.#database.write([
			{
				sql: `INSERT INTO ota_artifact (id, tenant_id, kind, manifest, created_by, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)`,
				args: [id, tenantId, kind, JSON.stringify(manifest), createdBy, this.#clock.now()],
			},
		]);
		return this.find(tenantId, id);
	}

	/** @throws Problem 422 when it is not what the manifest says, 409 when it has come already */
	async fill(tenantId: string, id: string, content: Uint8Array): Promise<Artifact> {
		const { manifest } = await this.find(tenantId, id);
		const sha256 = createHash("sha256").update(content).digest("base64url");
		if (content.length !== manifest.byteLength || sha256 !== manifest.sha256) {
			throw new Problem(422, "content_wrong", `These ${content.length} bytes are not what the manifest names.`);
		}
		try {
			await this.#database.write([
				{
					sql: "UPDATE ota_artifact SET content = ? WHERE id = ? AND tenant_id = ? AND content IS NULL",
					args: [content, id, tenantId],
				},
				mustHaveChanged("the artifact has no content yet"),
			]);
		} catch (error) {
			if (error instanceof GuardFailed) throw new Problem(409, "content_there", "Its content is here already.");
			throw error;
		}
		return this.find(tenantId, id);
	}

	/** @throws Problem 404 */
	async find(tenantId: string, id: string): Promise<Artifact> {
		const [row] = await this.#database.read(`${columns} WHERE id = ? AND tenant_id = ?`, [id, tenantId]);
		if (!row) throw new Problem(404, "artifact_unknown", `There is no artifact ${id} of yours.`);
		return artifactOf(row);
	}

	list(tenantId: string, query: ListQuery): Promise<Page<Artifact>> {
		return readList(
			this.#database,
			{ sql: `${columns} WHERE tenant_id = ?`, args: [tenantId], key: ["created_at_ms", "id"] },
			query,
			artifactOf,
		);
	}

	/** @throws Problem 404 when there is none, or its content has not come */
	async content(tenantId: string, id: string): Promise<Uint8Array<ArrayBuffer>> {
		const [row] = await this.#database.read("SELECT content FROM ota_artifact WHERE id = ? AND tenant_id = ?", [
			id,
			tenantId,
		]);
		const parsed = z.object({ content: z.instanceof(ArrayBuffer) }).safeParse(row);
		if (!parsed.success) throw new Problem(404, "artifact_unknown", `There is no artifact ${id} of yours to fetch.`);
		return new Uint8Array(parsed.data.content);
	}
}

function artifactOf(row: unknown): Artifact {
	const { id, kind, manifest, complete, created_at_ms: createdAtMs } = rowSchema.parse(row);
	return {
		id,
		kind,
		manifest: artifactManifestSchema.parse(JSON.parse(manifest)),
		complete: complete === 1,
		createdAtMs,
	};
}

/** Line for line what the devices check: `manifest-text.ts` of the firmware, `release-manifest.ts` of the Pi. */
function signedText(
	kind: Artifact["kind"],
	{ product, hardware, version, floor, byteLength, sha256 }: ArtifactManifest,
): string {
	const lines = Object.entries({ product, hardware, version, floor, byteLength, sha256 });
	const form = kind === "controller" ? "visionvend-firmware/1" : "visionvend-release/1";
	return `${form}\n${lines.map(([name, value]) => `${name}=${value}\n`).join("")}`;
}

function publicKeyOf(text: string): KeyObject {
	const point = Buffer.from(text, "base64url");
	if (point.length !== 65 || point[0] !== 4) {
		throw new RangeError("a maker's key is an uncompressed P-256 point: 65 bytes as base64url, beginning with B");
	}
	const x = point.toString("base64url", 1, 33);
	const y = point.toString("base64url", 33);
	return createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
}
