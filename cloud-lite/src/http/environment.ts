import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { ShopperTokens } from "../auth/shopper-token.ts";
import { Problem, problemSchema } from "./problem.ts";

/** What every handler finds in its context. */
export interface CloudEnvironment {
	Variables: {
		/** Names the request in logs and errors. */
		requestId: string;
		/** Who asks; set by `authenticateShopper`. */
		shopperId: string;
	};
}

/** A group of routes. Bodies and parameters that do not fit their schema become a problem of status 400. */
export function createRoutes(): OpenAPIHono<CloudEnvironment> {
	return new OpenAPIHono<CloudEnvironment>({
		defaultHook: (result) => {
			if (result.success) return;
			const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
			throw new Problem(400, "invalid_request", `The ${result.target} is not valid. ${z.prettifyError(result.error)}`, {
				issues,
			});
		},
	});
}

/** Lets only shoppers with a valid token through. */
export function authenticateShopper(tokens: ShopperTokens): MiddlewareHandler<CloudEnvironment> {
	return async (context, next) => {
		const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
		const check = token === undefined ? undefined : await tokens.check(token);
		if (!check?.ok) {
			const detail = check
				? `The token is not valid: ${check.reason}.`
				: "Send Authorization: Bearer and a shopper token.";
			throw new Problem(401, "unauthenticated", detail, {}, { "www-authenticate": 'Bearer realm="visionvend"' });
		}
		context.set("shopperId", check.shopperId);
		await next();
	};
}

/** The problem answers of a route, for its description. */
export function problems(...statuses: readonly number[]) {
	const content = { "application/problem+json": { schema: problemSchema } };
	return Object.fromEntries(
		statuses.map((status) => [status, { description: descriptions[status] ?? "Error", content }]),
	);
}

const descriptions: Readonly<Record<number, string>> = Object.freeze({
	400: "The request is not valid, or the payment provider refused it",
	401: "No valid token",
	402: "An earlier sale is not paid in full",
	404: "Not found",
	409: "In conflict with another request or sale",
	413: "The body is too large",
	415: "The body is not sent as JSON",
	503: "Not available now; try again",
});

/** HTTP header that makes repeating a POST harmless. */
export const idempotencyHeaders = z.object({
	"idempotency-key": z
		.string()
		.min(1)
		.max(255)
		.regex(/^[\x21-\x7e]+$/)
		.optional()
		.openapi({ description: "Repeating a request with the same key gives the same answer and does nothing twice" }),
});
