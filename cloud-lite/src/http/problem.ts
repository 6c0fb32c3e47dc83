import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

export type ProblemStatus = 400 | 401 | 402 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 502 | 503;

const titles: Readonly<Record<ProblemStatus, string>> = Object.freeze({
	400: "Bad Request",
	401: "Unauthorized",
	402: "Payment Required",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	409: "Conflict",
	412: "Precondition Failed",
	413: "Content Too Large",
	415: "Unsupported Media Type",
	422: "Unprocessable Content",
	429: "Too Many Requests",
	500: "Internal Server Error",
	502: "Bad Gateway",
	503: "Service Unavailable",
});

/** A request that ends in an error that its sender shall understand. */
export class Problem extends Error {
	readonly status: ProblemStatus;
	readonly code: string;
	readonly details: Readonly<Record<string, unknown>>;
	readonly headers: Readonly<Record<string, string>>;

	/**
	 * @param code names the kind of problem for programs: `machine_busy`
	 * @param detail says for people what is wrong and what to do
	 */
	constructor(
		status: ProblemStatus,
		code: string,
		detail: string,
		details: Readonly<Record<string, unknown>> = {},
		headers: Readonly<Record<string, string>> = {},
	) {
		super(detail);
		this.status = status;
		this.code = code;
		this.details = details;
		this.headers = headers;
	}
}

/** What a write answers that was bound to a version which is not there any more. */
export function staleProblem(): Problem {
	return new Problem(412, "version_changed", "Somebody else changed it meanwhile; read it again.");
}

/**
 * RFC 9457 with the fields of every error form that clients of this API know: `detail`, `message`, `{ ok: false, error }`
 * and `{ success: false, error }`.
 */
export const problemSchema = z
	.object({
		type: z.string().openapi({ example: "urn:visionvend:problem:machine_busy" }),
		title: z.string(),
		status: z.int(),
		detail: z.string(),
		instance: z.string(),
		code: z.string(),
		message: z.string(),
		requestId: z.string(),
		timestamp: z.string(),
		ok: z.literal(false),
		success: z.literal(false),
		error: z.object({
			code: z.string(),
			message: z.string(),
			details: z.record(z.string(), z.unknown()),
			timestamp: z.string(),
			requestId: z.string(),
		}),
	})
	.openapi("Problem");

/** The answer to a request that ended in a problem. */
export function problemResponse(context: Context, problem: Problem, requestId: string, nowMs: number): Response {
	const { status, code, message, details, headers } = problem;
	const timestamp = new Date(nowMs).toISOString();
	const body: z.infer<typeof problemSchema> = {
		type: `urn:visionvend:problem:${code}`,
		title: titles[status],
		status,
		detail: message,
		instance: context.req.path,
		code,
		message,
		requestId,
		timestamp,
		ok: false,
		success: false,
		error: { code, message, details: { ...details }, timestamp, requestId },
	};
	return context.body(JSON.stringify(body), status satisfies ContentfulStatusCode, {
		...headers,
		"content-type": "application/problem+json",
	});
}
