import { createHash, timingSafeEqual } from "node:crypto";
import { basename } from "node:path";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { errorText } from "../../error-text.ts";
import { decodeImage, ImageError } from "../decode-image.ts";
import type { ModelDescription } from "../detect-message.ts";
import type { Detection } from "../detection.ts";
import type { Picture } from "../picture.ts";

/** Bytes that a picture may have. */
const mostBytes = 16 * 1_024 * 1_024;
/** Pictures that may wait or be looked at. One is decoded at a time, so that they do not fill the memory. */
const mostPictures = 4;

/** What looks at the pictures. */
interface PictureDetector {
	readonly model: ModelDescription;
	/** Rejects when the detector fails; the next picture may go well. */
	detectPicture(picture: Picture, threshold?: number): Promise<readonly Detection[]>;
}

type Status = 400 | 401 | 404 | 413 | 415 | 500 | 503;

const titles: Readonly<Record<Status, string>> = Object.freeze({
	400: "Bad Request",
	401: "Unauthorized",
	404: "Not Found",
	413: "Content Too Large",
	415: "Unsupported Media Type",
	500: "Internal Server Error",
	503: "Service Unavailable",
});

/**
 * `POST /detect`: the bytes of an image in, boxes `[x1, y1, x2, y2]` in pixels of the image as displayed out. Errors are
 * problem documents (RFC 9457). `token` is what callers show as a bearer token (RFC 6750); `onProblem` is told what is not
 * the callers' fault.
 */
export function detectApp({
	detector,
	token,
	onProblem,
}: {
	readonly detector: PictureDetector;
	readonly token: string;
	onProblem(problem: string): void;
}): Hono {
	const app = new Hono();
	const expected = digest(token);
	let pictures = 0;
	let turn: Promise<unknown> = Promise.resolve();

	app.use("/detect", async (context, next) => {
		const shown = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
		if (shown !== undefined && timingSafeEqual(digest(shown), expected)) return next();
		context.header("www-authenticate", 'Bearer realm="visionvend-pi"');
		return problem(context, 401, "token_wrong", "Send the token of this machine as `Authorization: Bearer …`.");
	});
	app.use(
		"/detect",
		bodyLimit({
			maxSize: mostBytes,
			onError: (context) =>
				problem(context, 413, "image_too_large", `An image may have ${mostBytes / 1_048_576} MiB. Make it smaller.`),
		}),
	);
	app.post("/detect", async (context) => {
		const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
		if (!type.startsWith("image/") && type !== "application/octet-stream")
			return problem(
				context,
				415,
				"no_image_type",
				`Send the bytes of an image as image/jpeg or its like, not "${type}".`,
			);
		const threshold = thresholdOf(context.req.query("threshold"));
		if (threshold === null)
			return problem(context, 400, "threshold_wrong", "threshold is a score above 0 and below 1.");
		if (pictures >= mostPictures) {
			context.header("retry-after", "1");
			return problem(context, 503, "busy", `${pictures} pictures wait already. Try again in a second.`);
		}
		pictures++;
		try {
			const bytes = new Uint8Array(await context.req.arrayBuffer());
			const looking = turn.then(() => look(detector, bytes, threshold));
			turn = looking.catch(() => undefined);
			return context.json(await looking, 200, { "cache-control": "no-store" });
		} catch (error) {
			if (error instanceof ImageError) return problem(context, 400, "image_invalid", error.message);
			onProblem(errorText(error));
			context.header("retry-after", "5");
			return problem(context, 503, "detector_failed", "The detector failed on this picture. Try again.");
		} finally {
			pictures--;
		}
	});
	app.notFound((context) => problem(context, 404, "not_found", "There is only POST /detect."));
	app.onError((error, context) => {
		onProblem(errorText(error));
		return problem(context, 500, "unexpected", "Something went wrong; the log of the machine says what.");
	});
	return app;
}

async function look(detector: PictureDetector, bytes: Uint8Array, threshold: number | undefined) {
	const startedMs = performance.now();
	const picture = await decodeImage(bytes, detector.model);
	const detections = await detector.detectPicture(picture, threshold);
	const { path, engine } = detector.model;
	return {
		model: basename(path, ".onnx"),
		engine,
		...picture.source,
		milliseconds: Math.round(performance.now() - startedMs),
		boxes: detections.map(({ label, score, box }) => ({
			label,
			score: rounded(score, 4),
			box: box.map((value) => rounded(value, 1)),
		})),
	};
}

function problem(context: Context, status: Status, code: string, detail: string): Response {
	const body = { type: `urn:visionvend:problem:${code}`, title: titles[status], status, detail, code };
	return context.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

/** `undefined` where none was given, `null` where it is none. */
function thresholdOf(text: string | undefined): number | undefined | null {
	if (text === undefined) return undefined;
	const threshold = Number(text);
	return threshold > 0 && threshold < 1 ? threshold : null;
}

/** Of equal length whatever was sent, so that the comparison tells nothing. */
function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

function rounded(value: number, digits: number): number {
	return Number(value.toFixed(digits));
}
