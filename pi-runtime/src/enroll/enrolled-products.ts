import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { errorText } from "../error-text.ts";

/** The detector's features of one look, unit length, as base64 of 32-bit floats. */
const featuresSchema = z.base64().transform((text, context): Float32Array => {
	const bytes = Buffer.from(text, "base64");
	if (bytes.length > 0 && bytes.length % 4 === 0) return new Float32Array(Uint8Array.from(bytes).buffer);
	context.addIssue("must be base64 of 32-bit floats");
	return z.NEVER;
});

const enrolledSchema = z.strictObject({
	/** SHA-256 of the model's file: features of another model mean nothing. */
	model: z.string().regex(/^[0-9a-f]{64}$/),
	/** Products that were learned, and what the detector saw in their photographs. */
	products: z.array(z.strictObject({ label: z.string().min(1), looks: z.array(featuresSchema).min(1) })).min(1),
	/** What it saw that is none of them. */
	others: z.array(featuresSchema).min(1),
	/** A linear layer and a softmax over the products, in their order, and "something else". */
	head: z.strictObject({ weights: z.array(featuresSchema).min(2), biases: z.array(z.number()).min(2) }),
});

/** What a machine learned beyond its detector; a file beside the model. */
export type EnrolledProducts = z.infer<typeof enrolledSchema>;

/** `visionvend-18.enrolled.json` for `visionvend-18.onnx` and `visionvend-18-int8.onnx`. */
export function enrolledPath(modelPath: string): string {
	const stem = basename(modelPath).replace(/\.onnx$/i, "");
	return join(dirname(modelPath), `${stem}.enrolled.json`);
}

/** SHA-256 of a model's bytes, in hexadecimal digits. */
export function modelDigest(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/**
 * What was enrolled for a model; `undefined` where nothing was. Rejects with an `Error` for people when the file is damaged or was
 * made with another model.
 */
export async function readEnrolled(modelPath: string): Promise<EnrolledProducts | undefined> {
	const path = enrolledPath(modelPath);
	let text: string;
	try {
		text = await readFile(path, "utf8");
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw new Error(`"${path}" cannot be read: ${errorText(error)}`, { cause: error });
	}
	const refuse = (why: string): Error =>
		new Error(
			`"${path}" ${why}. Delete it and enroll its products again, or put the model back that it was made with.`,
		);
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		throw new Error(refuse("is not JSON").message, { cause: error });
	}
	const parsed = enrolledSchema.safeParse(document);
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw refuse(`is damaged (${issue?.path.join(".")}: ${issue?.message})`);
	}
	const { data } = parsed;
	if (data.model !== modelDigest(await readFile(modelPath))) throw refuse("was made with another model");
	const depth = data.head.weights[0]?.length ?? 0;
	const isEven = [...data.head.weights, ...data.others, ...data.products.flatMap(({ looks }) => looks)].every(
		({ length }) => length === depth,
	);
	const classes = data.products.length + 1;
	if (!isEven || data.head.weights.length !== classes || data.head.biases.length !== classes)
		throw refuse("does not fit together");
	return data;
}

/** Writes the file, whole or not at all. */
export async function writeEnrolled(modelPath: string, enrolled: EnrolledProducts): Promise<string> {
	const path = enrolledPath(modelPath);
	const encoded = (features: Float32Array): string =>
		Buffer.from(features.buffer, features.byteOffset, features.byteLength).toString("base64");
	const text = JSON.stringify({
		...enrolled,
		products: enrolled.products.map(({ label, looks }) => ({ label, looks: looks.map(encoded) })),
		others: enrolled.others.map(encoded),
		head: { weights: enrolled.head.weights.map(encoded), biases: enrolled.head.biases },
	});
	try {
		await writeFile(`${path}.part`, text);
		await rename(`${path}.part`, path);
	} catch (error) {
		throw new Error(`"${path}" cannot be written: ${errorText(error)}`, { cause: error });
	}
	return path;
}
