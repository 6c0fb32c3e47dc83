import { OpenAPIHono } from "@hono/zod-openapi";
import type { AuditLog } from "../audit/audit-log.ts";
import type { Actor } from "../auth/actor.ts";
import type { Gate } from "../auth/gate.ts";
import type { Idempotency } from "./idempotency.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** What every handler finds in its context. */
export interface CloudEnvironment {
	Variables: {
		/** Names the request in logs and errors. */
		requestId: string;
		/** Finds out who asks; `defineRoute` uses it. */
		gate: Gate;
		limiter: RateLimiter;
		/** Where `defineRoute` writes down what people and programs change. */
		audit: AuditLog;
		/** What remembers answers to POSTs with an `Idempotency-Key`. */
		idempotency: Idempotency;
		/** Where the request came from. */
		address: string;
		/** The path of the route that answers, with the names of its parameters; metrics and logs use it. */
		route: string;
		/** Who asks, once the gate knows. */
		actor: Actor | undefined;
	};
}

/** A group of routes; see `defineRoute`. */
export function createRoutes(): OpenAPIHono<CloudEnvironment> {
	return new OpenAPIHono<CloudEnvironment>();
}
