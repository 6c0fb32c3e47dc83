import type { LogEntry } from "@visionvend/sdk/log";
import type { Context } from "hono";
import type { CloudEnvironment } from "./environment.ts";

/**
 * The line that says how a request was answered, and who asked. Of its address only the path: what follows `?` may be
 * anything.
 */
export function requestAnswered(context: Context<CloudEnvironment>, milliseconds: number): LogEntry {
	const { status } = context.res;
	const actor = context.get("actor");
	return {
		level: status < 500 ? "info" : "error",
		room: "cloud",
		event: "request.answered",
		requestId: context.get("requestId"),
		method: context.req.method,
		route: context.get("route") ?? "other",
		path: context.req.path,
		status,
		milliseconds,
		address: context.get("address"),
		...(actor && { tenantId: actor.tenantId, actorKind: actor.kind, actorId: actor.id }),
	};
}
