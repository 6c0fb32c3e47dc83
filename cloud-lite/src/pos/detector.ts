import type { PictureType } from "../inventory/picture.ts";

/** What a detector sees: so many of something that it has a name for. */
export interface Detection {
	readonly label: string;
	/** 0 to 1. */
	readonly score: number;
	readonly quantity: number;
}

/** A picture as it was sent. */
export interface Picture {
	readonly bytes: Uint8Array<ArrayBuffer>;
	readonly mediaType: PictureType;
}

/** Something that tells what is in a picture: a Pi with its model, or a language model that sees. */
export interface Detector {
	/**
	 * @param names what there may be; a detector that can be told looks for these
	 * @throws DetectorFailed when it does not answer, or not as it should
	 */
	detect(
		picture: Picture,
		names: readonly string[],
	): Promise<{ readonly detections: readonly Detection[]; readonly model: string }>;
}

/** A detector did not do its work. */
export class DetectorFailed extends Error {
	/** Whether it answered at all. */
	readonly answered: boolean;

	constructor(message: string, answered: boolean, cause?: unknown) {
		super(message, { cause });
		this.answered = answered;
	}
}

/**
 * Asks a detector's HTTP service.
 * @throws DetectorFailed when it cannot be reached in time, or answers with an error or something that is no JSON
 */
export async function askDetector(
	fetch: typeof globalThis.fetch,
	url: string,
	timeoutMs: number,
	request: {
		readonly contentType: string;
		readonly body: string | Uint8Array<ArrayBuffer>;
		/** Shown as a bearer token. */
		readonly token?: string | undefined;
	},
): Promise<unknown> {
	let response: Response;
	let text: string;
	try {
		response = await fetch(url, {
			method: "POST",
			headers: {
				"content-type": request.contentType,
				...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
			},
			body: request.body,
			redirect: "error",
			signal: AbortSignal.timeout(timeoutMs),
		});
		text = await response.text();
	} catch (error) {
		throw new DetectorFailed(`the detector at ${url} does not answer within ${timeoutMs} ms`, false, error);
	}
	if (!response.ok) {
		// 503: it is busy, or failed on this picture; another try may go well.
		throw new DetectorFailed(`the detector at ${url} answers with status ${response.status}`, response.status !== 503);
	}
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new DetectorFailed(`the detector at ${url} answers with something that is no JSON`, true, error);
	}
}
