import { z } from "zod";
import { askDetector, type Detector, DetectorFailed } from "./detector.ts";

const answerSchema = z.object({ model: z.string(), response: z.string() });
const itemsSchema = z.object({
	items: z.array(
		z.object({
			name: z.string().min(1).max(200),
			confidence: z.number().min(0).max(1),
			quantity: z.int().min(1).max(1_000).default(1),
		}),
	),
});
/** The same as a JSON schema, to which Ollama binds the model's words. */
const format = {
	type: "object",
	required: ["items"],
	properties: {
		items: {
			type: "array",
			items: {
				type: "object",
				required: ["name", "confidence", "quantity"],
				properties: {
					name: { type: "string" },
					confidence: { type: "number", minimum: 0, maximum: 1 },
					quantity: { type: "integer", minimum: 1 },
				},
			},
		},
	},
};

/** A model that sees, run by Ollama: `POST /api/generate` of its API, with the names of all products in the prompt. */
export function ollamaDetector(options: {
	readonly fetch: typeof globalThis.fetch;
	/** `http://localhost:11434`. */
	readonly endpoint: string;
	/** `llava-phi3`. */
	readonly model: string;
	readonly timeoutMs: number;
}): Detector {
	const url = new URL("/api/generate", options.endpoint).href;
	return {
		async detect({ bytes }, names) {
			const answer = await askDetector(options.fetch, url, options.timeoutMs, {
				contentType: "application/json",
				body: JSON.stringify({
					model: options.model,
					prompt:
						"Which of these products are in the picture, how many of each, and how sure are you from 0 to 1? " +
						`Use the names as they stand here, one a line. Leave out what you do not see.\n${names.join("\n")}`,
					images: [Buffer.from(bytes).toString("base64")],
					format,
					stream: false,
				}),
			});
			const parsed = answerSchema.safeParse(answer);
			if (!parsed.success) throw new DetectorFailed(`${url} does not answer as Ollama does`, true);
			const { model, response } = parsed.data;
			return {
				model,
				detections: itemsOf(response, url).map(({ name, confidence, quantity }) => ({
					label: name,
					score: confidence,
					quantity,
				})),
			};
		},
	};
}

function itemsOf(response: string, url: string): z.infer<typeof itemsSchema>["items"] {
	let words: unknown;
	try {
		words = JSON.parse(response);
	} catch (error) {
		throw new DetectorFailed(`the model behind ${url} does not speak JSON`, true, error);
	}
	const parsed = itemsSchema.safeParse(words);
	if (!parsed.success) throw new DetectorFailed(`the model behind ${url} does not list products`, true);
	return parsed.data.items;
}
