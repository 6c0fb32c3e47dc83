import { createHash } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problem.ts";
import { pictureTypeOf } from "./picture.ts";

/** A picture of a product as it is served. */
export interface ProductImage {
	/** WebP. */
	readonly bytes: Uint8Array<ArrayBuffer>;
	/** SHA-256 in hex; the same picture has the same. */
	readonly hash: string;
}

/** No side is longer. */
const longestSidePixels = 1_024;
/** More pixels than a phone's camera makes are an attempt to exhaust memory. */
const mostInputPixels = 50_000_000;

const rowSchema = z.object({ hash: z.string(), bytes: z.instanceof(ArrayBuffer) });

/** Pictures of products. What people send is drawn anew: what hides in a file besides its picture is gone, place and time too. */
export class ProductImages {
	readonly #database: Database;
	readonly #clock: Clock;

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
	}

	/** @throws Problem 422 when the bytes are no JPEG, PNG or WebP picture */
	async replace(tenantId: string, productId: string, sent: Uint8Array): Promise<ProductImage> {
		const bytes = await redraw(sent);
		const hash = createHash("sha256").update(bytes).digest("hex");
		await this.#database.write([
			{
				sql: `INSERT INTO product_image (product_id, tenant_id, hash, bytes, changed_at_ms)
					SELECT id, tenant_id, ?, ?, ? FROM product WHERE id = ? AND tenant_id = ?
					ON CONFLICT (product_id) DO UPDATE SET
						hash = excluded.hash, bytes = excluded.bytes, changed_at_ms = excluded.changed_at_ms`,
				args: [hash, bytes, this.#clock.now(), productId, tenantId],
			},
		]);
		return { bytes, hash };
	}

	async find(tenantId: string, productId: string): Promise<ProductImage | undefined> {
		const [row] = await this.#database.read(
			"SELECT hash, bytes FROM product_image WHERE product_id = ? AND tenant_id = ?",
			[productId, tenantId],
		);
		if (!row) return undefined;
		const { hash, bytes } = rowSchema.parse(row);
		return { hash, bytes: new Uint8Array(bytes) };
	}
}

async function redraw(sent: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
	if (pictureTypeOf(sent) === undefined) {
		throw new Problem(422, "image_invalid", "This is no JPEG, PNG or WebP picture.");
	}
	// Its native part takes longer to load than most of the service; it is loaded when the first picture comes.
	const { default: sharp } = await import("sharp");
	try {
		const drawn = await sharp(sent, { limitInputPixels: mostInputPixels })
			.rotate()
			.resize({ width: longestSidePixels, height: longestSidePixels, fit: "inside", withoutEnlargement: true })
			.webp({ quality: 80 })
			.toBuffer();
		return Uint8Array.from(drawn);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		throw new Problem(422, "image_invalid", `The picture cannot be read: ${error.message}.`);
	}
}
