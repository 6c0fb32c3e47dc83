import { OpenAPIHono } from "@hono/zod-openapi";
import type { Gate } from "../auth/gate.ts";

/** What every handler finds in its context. */
export interface CloudEnvironment {
	Variables: {
		/** Names the request in logs and errors. */
		requestId: string;
		/** Finds out who asks; `defineRoute` uses it. */
		gate: Gate;
	};
}

/** A group of routes; see `defineRoute`. */
export function createRoutes(): OpenAPIHono<CloudEnvironment> {
	return new OpenAPIHono<CloudEnvironment>();
}
