import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/**
 * Where a request came from, for limits. Behind a proxy that is trusted, the last address of `X-Forwarded-For`: the one
 * that the proxy itself wrote; those before it are whatever the client claims.
 */
export function clientAddress(context: Context, trustProxy: boolean): string {
	const forwarded = trustProxy ? context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
	if (forwarded !== undefined && forwarded !== "") return forwarded;
	// Without a socket (a request that never crossed a network) everybody is the same caller.
	return context.env ? (getConnInfo(context).remote.address ?? "unknown") : "unknown";
}
