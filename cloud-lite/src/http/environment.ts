import { OpenAPIHono } from "@hono/zod-openapi";
import type { Gate } from "../auth/gate.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** What every handler finds in its context. */
export interface CloudEnvironment {
	Variables: {
		/** Names the request in logs and errors. */
		requestId: string;
		/** Finds out who asks; `defineRoute` uses it. */
		gate: Gate;
		limiter: RateLimiter;
		/** Where the request came from. */
		address: string;
		/** The path of the route that answers, with the names of its parameters; metrics and logs use it. */
		route: string;
	};
}

/** A group of routes; see `defineRoute`. */
export function createRoutes(): OpenAPIHono<CloudEnvironment> {
	return new OpenAPIHono<CloudEnvironment>();
}
