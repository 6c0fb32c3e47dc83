import { z } from "zod";
import { askDetector, type Detector, DetectorFailed } from "./detector.ts";

const answerSchema = z.object({
	model: z.string().default("pi"),
	boxes: z.array(z.object({ label: z.string().min(1), score: z.number().min(0).max(1) })),
});

/** The model of a Raspberry Pi: `POST /detect` with the picture's bytes answers with its boxes. */
export function piDetector(options: {
	readonly fetch: typeof globalThis.fetch;
	/** `http://pi.local:8100`. */
	readonly url: string;
	/** Of its configuration; without one it lets nobody in. */
	readonly token?: string | undefined;
	readonly timeoutMs: number;
}): Detector {
	const url = new URL("/detect", options.url).href;
	return {
		async detect({ bytes, mediaType }) {
			const answer = await askDetector(options.fetch, url, options.timeoutMs, {
				contentType: mediaType,
				body: bytes,
				token: options.token,
			});
			const parsed = answerSchema.safeParse(answer);
			if (!parsed.success) throw new DetectorFailed(`the detector at ${url} does not answer with boxes`, true);
			const { model, boxes } = parsed.data;
			return { model, detections: boxes.map(({ label, score }) => ({ label, score, quantity: 1 })) };
		},
	};
}
