import { readFile } from "node:fs/promises";
import { ImageError } from "../detect/decode-image.ts";
import { startTfjs } from "../detect/tfjs/tfjs-backend.ts";
import { errorText } from "../error-text.ts";
import { type EnrolledProducts, modelDigest, readEnrolled, writeEnrolled } from "./enrolled-products.ts";
import { lookAtOthers, lookAtProduct, type PhotographDetector, type PhotographLooks } from "./look-at-photograph.ts";
import { enrolledProbabilities } from "./recognise-enrolled.ts";
import { trainHead } from "./train-head.ts";

/** Photographs that a product is learned from. */
export const mostPhotographs = 9;

export interface EnrollOptions {
	readonly detector: PhotographDetector;
	/** The detector's ONNX file; what is learned is written beside it. */
	readonly modelPath: string;
	/** The product's name: its sku, where the catalogue shall know it. */
	readonly label: string;
	/** Files, 1 to 9, each with the product in its middle. */
	readonly photographs: readonly string[];
	/** Files of shelves without it. */
	readonly others: readonly string[];
}

export interface Enrolment {
	/** The file that was written. */
	readonly path: string;
	readonly products: readonly string[];
	/** How often the product was recognised in a photograph that it was not learned from; of fewer than two nothing is known. */
	readonly recognised: { readonly of: number; readonly times: number };
	/** How many other things are taken for one of the products. */
	readonly mistaken: { readonly of: number; readonly times: number };
}

/**
 * Learns a product that the detector was not trained on from photographs, and writes it beside the model. A product that was
 * learned before is learned anew. Rejects with an `Error` for people when a photograph shows nothing.
 */
export async function enrollProduct({
	detector,
	modelPath,
	label,
	photographs,
	others,
}: EnrollOptions): Promise<Enrolment> {
	const before = await readEnrolled(modelPath);
	await startTfjs();
	const seen: PhotographLooks[] = [];
	for (const path of photographs) {
		const looks = await inPhotograph(path, (bytes) => lookAtProduct(detector, bytes));
		if (looks === undefined)
			throw new Error(
				`The detector sees nothing in the middle of "${path}". Photograph the product in the fridge, in its light, as large as on a shelf or up to half of the picture.`,
			);
		if (looks.product.length === 0)
			throw new Error(`The model "${modelPath}" gives no features of what it sees; nothing can be learned with it.`);
		seen.push(looks);
	}
	const foreign: Float32Array[] = seen.flatMap((looks) => [...looks.others]);
	for (const path of others) foreign.push(...(await inPhotograph(path, (bytes) => lookAtOthers(detector, bytes))));
	const known = (before?.products ?? []).filter((product) => product.label !== label);
	const elsewhere = [...(before?.others ?? []), ...foreign];
	if (elsewhere.length === 0)
		throw new Error(
			"There is nothing to tell the product from. Give pictures of shelves without it: --others shelf.jpg",
		);

	const learn = (photos: readonly PhotographLooks[]): EnrolledProducts["head"] =>
		trainHead([...known.map(({ looks }) => looks), photos.flatMap(({ product }) => product)], elsewhere);
	const products = [...known, { label, looks: seen.flatMap(({ product }) => [...product]) }];
	const head = learn(seen);
	const path = await writeEnrolled(modelPath, {
		model: modelDigest(await readFile(modelPath)),
		products,
		others: elsewhere,
		head,
	});
	const last = products.length - 1;
	let times = 0;
	if (seen.length > 1)
		for (const kept of seen) {
			const without = learn(seen.filter((looks) => looks !== kept));
			const first = kept.product[0];
			if (first !== undefined && (enrolledProbabilities(without, first)[last] ?? 0) >= 0.5) times++;
		}
	const mistaken = elsewhere.filter((look) => (enrolledProbabilities(head, look).at(-1) ?? 1) < 0.5).length;
	return {
		path,
		products: products.map((product) => product.label),
		recognised: { of: seen.length > 1 ? seen.length : 0, times },
		mistaken: { of: elsewhere.length, times: mistaken },
	};
}

async function inPhotograph<Result>(path: string, look: (bytes: Uint8Array) => Promise<Result>): Promise<Result> {
	const bytes = await readFile(path).catch((error: unknown) => {
		throw new Error(`The photograph "${path}" cannot be read: ${errorText(error)}`, { cause: error });
	});
	try {
		return await look(bytes);
	} catch (error) {
		if (error instanceof ImageError) throw new Error(`"${path}": ${error.message}`, { cause: error });
		throw error;
	}
}
