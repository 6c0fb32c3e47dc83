import type { Clock } from "@visionvend/sdk/clock";
import { Problem } from "../http/problem.ts";
import { pictureTypeOf } from "../inventory/picture.ts";
import type { ProductStore } from "../inventory/product-store.ts";
import { type Detector, DetectorFailed, type Picture } from "./detector.ts";
import type { PosService } from "./pos-service.ts";

/** A product that is in a picture, or a name that matches none; for a person to pick. */
export interface Candidate {
	readonly product: { readonly id: string; readonly sku: string; readonly name: string } | null;
	/** What the detector called it. */
	readonly detectedName: string;
	/** 0 to 1, the highest of its detections. */
	readonly confidence: number;
	readonly quantity: number;
}

/** Finds products in pictures that are sent to the counter. */
export class ProductDetection {
	readonly #clock: Clock;
	readonly #products: ProductStore;
	readonly #pos: PosService;
	readonly #detector: Detector | undefined;

	/** `detector`: none, and pictures are refused. */
	constructor(options: { clock: Clock; products: ProductStore; pos: PosService; detector: Detector | undefined }) {
		this.#clock = options.clock;
		this.#products = options.products;
		this.#pos = options.pos;
		this.#detector = options.detector;
	}

	/**
	 * @returns candidates, the surest first; nothing is added to the session
	 * @throws Problem 400 for what is no picture, 404, 409 when the session has ended, 502 or 503 for the detector's faults
	 */
	async detect(
		tenantId: string,
		sessionId: string,
		imageBase64: string,
	): Promise<{ readonly candidates: Candidate[]; readonly durationMs: number; readonly model: string }> {
		await this.#pos.active(tenantId, sessionId);
		const picture = pictureOf(imageBase64);
		if (!this.#detector) {
			throw new Problem(
				503,
				"detector_off",
				"No detector is set up: start the cloud with DETECTOR_URL (a Pi) or OLLAMA_ENDPOINT.",
			);
		}
		const startedAtMs = this.#clock.now();
		const products = await this.#products.active(tenantId);
		const { detections, model } = await ask(
			this.#detector,
			picture,
			products.map(({ name }) => name),
		);
		const found = new Map<string, Candidate>();
		for (const { label, score, quantity } of detections) {
			const product = this.#pos.match(label, products)?.product;
			const key = product ? `product ${product.id}` : `name ${label.trim()}`;
			const known = found.get(key);
			found.set(key, {
				product: product ? { id: product.id, sku: product.sku, name: product.name } : null,
				detectedName: known?.detectedName ?? label.trim(),
				confidence: Math.max(known?.confidence ?? 0, score),
				quantity: (known?.quantity ?? 0) + quantity,
			});
		}
		return {
			candidates: [...found.values()].sort((a, b) => b.confidence - a.confidence),
			durationMs: this.#clock.now() - startedAtMs,
			model,
		};
	}
}

async function ask(detector: Detector, picture: Picture, names: readonly string[]) {
	try {
		return await detector.detect(picture, names);
	} catch (error) {
		if (!(error instanceof DetectorFailed)) throw error;
		throw error.answered
			? new Problem(502, "detector_wrong", `The detector cannot be used: ${error.message}.`)
			: new Problem(503, "detector_unavailable", `Try again: ${error.message}.`, {}, { "retry-after": "5" });
	}
}

/** A data URL is taken too: that is what browsers make of a camera's picture. */
function pictureOf(text: string): Picture {
	const base64 = /^data:[\w/+.;=-]*,(.*)$/s.exec(text)?.[1] ?? text;
	const bytes = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64) ? Uint8Array.from(Buffer.from(base64, "base64")) : undefined;
	const mediaType = bytes && pictureTypeOf(bytes);
	if (!bytes || !mediaType) {
		throw new Problem(400, "image_invalid", "image_base64 is no JPEG, PNG or WebP picture in base64.");
	}
	return { bytes, mediaType };
}
