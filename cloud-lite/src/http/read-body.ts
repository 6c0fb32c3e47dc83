import { Problem } from "./problem.ts";

/**
 * The body of a request as its media type wants it: JSON parsed, text as a string, anything else as bytes. An empty body
 * is an empty text, or `undefined`.
 * @throws Problem 413 when it is larger, 415 when it is of another type, 400 when it is no JSON
 */
export async function readBody(request: Request, bodyType = "application/json", largest: number): Promise<unknown> {
	const bytes = await readAtMost(request, largest);
	if (bytes.length === 0) return bodyType.startsWith("text/") ? "" : undefined;
	const sentType = (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
	if (!matches(bodyType, sentType)) {
		throw new Problem(
			415,
			"unsupported_media_type",
			`Send the body as ${bodyType === "application/json" ? "JSON" : bodyType}, with Content-Type: ${bodyType}.`,
		);
	}
	if (bodyType === "application/json") return parseJson(decode(bytes));
	return bodyType.startsWith("text/") ? decode(bytes) : bytes;
}

/** `image/*` takes every image. */
function matches(wanted: string, sent: string): boolean {
	if (wanted === "*/*") return true;
	return wanted.endsWith("/*") ? sent.startsWith(wanted.slice(0, -1)) : sent === wanted;
}

async function readAtMost(request: Request, largest: number): Promise<Uint8Array> {
	const saidLength = request.headers.get("content-length");
	if (saidLength !== null && /^\d+$/.test(saidLength)) {
		if (Number(saidLength) > largest) throw tooLarge(largest);
		// In one piece, which costs a tenth of what a stream does; HTTP lets nobody send more than they said.
		const bytes = new Uint8Array(await request.arrayBuffer());
		if (bytes.length > largest) throw tooLarge(largest);
		return bytes;
	}
	if (!request.body) return new Uint8Array(0);
	const parts: Uint8Array[] = [];
	let length = 0;
	for await (const part of request.body) {
		length += part.length;
		if (length > largest) throw tooLarge(largest);
		parts.push(part);
	}
	return Buffer.concat(parts);
}

function tooLarge(largest: number): Problem {
	return new Problem(413, "body_too_large", `The body is larger than ${Math.floor(largest / 1024)} KiB.`);
}

function decode(bytes: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		throw new Problem(400, "malformed_body", "The body is no valid UTF-8.");
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new Problem(400, "malformed_body", "The body is no valid JSON.");
	}
}
