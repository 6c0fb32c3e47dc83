import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { grantSchema, includes } from "../auth/permission.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { idSchema } from "../http/id.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { type ApiKeyStore, apiKeySchema, newApiKeySchema } from "./api-key-store.ts";

const wishSchema = z
	.object({
		name: trimmedText(100).openapi({ example: "bookkeeping" }),
		permissions: z
			.array(grantSchema)
			.min(1)
			.max(50)
			.openapi({ example: ["sales:read"] }),
		expiresAt: z.iso.datetime({ offset: true }).optional(),
	})
	.openapi("ApiKeyWish");

/** Keys of programs, and how a device replaces its own. */
export function apiKeyRoutes({ keys, clock }: { keys: ApiKeyStore; clock: Clock }) {
	const routes = createRoutes();
	const params = z.object({ id: idSchema });
	const manage = { permission: "api-keys:manage" } as const;
	const tag = "API keys";

	function futureMs(expiresAt: string | undefined): number | null {
		if (expiresAt === undefined) return null;
		const atMs = Date.parse(expiresAt);
		if (atMs > clock.now()) return atMs;
		throw new Problem(422, "invalid_request", "expiresAt has passed already.");
	}

	defineList(
		routes,
		{ path: "/api/v1/api-keys", summary: "API keys", tag, access: manage, query: listQuerySchema, item: apiKeySchema },
		({ actor, query }) => keys.list(actor.tenantId, query),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/api-keys",
			summary: "Make an API key",
			description: "It can hold what its maker holds, and nothing more.",
			tag,
			access: manage,
			body: wishSchema,
			status: 201,
			data: newApiKeySchema,
		},
		({ actor, body: { name, permissions, expiresAt } }) => {
			if (!includes(actor.grants, permissions)) {
				throw new Problem(403, "forbidden", "Nobody can give what they do not hold themselves.");
			}
			return keys.add(actor.tenantId, { name, permissions, machineId: null, expiresAtMs: futureMs(expiresAt) });
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/api-keys/{id}/rotate",
			summary: "Replace an API key",
			description: "Answers with a new key of the same kind. The old one goes on for seven days.",
			tag,
			access: manage,
			params,
			status: 201,
			data: newApiKeySchema,
			problems: [409],
		},
		async ({ actor, params: { id } }) => {
			const { permissions } = await keys.get(actor.tenantId, id);
			if (!includes(actor.grants, permissions)) {
				throw new Problem(403, "forbidden", "Nobody can give what they do not hold themselves.");
			}
			return keys.rotate(actor.tenantId, id);
		},
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/api-keys/{id}",
			summary: "Revoke an API key",
			tag,
			access: manage,
			params,
			data: apiKeySchema,
		},
		({ actor, params: { id } }) => keys.revoke(actor.tenantId, id),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/auth/device-key/rotate",
			summary: "Replace a device's key",
			description: "Answers with a new key. The old one goes on for seven days.",
			tag: "Authentication",
			access: { device: true },
			status: 201,
			data: newApiKeySchema,
			problems: [409],
		},
		({ actor }) => keys.rotate(actor.tenantId, actor.id),
	);
	return routes;
}
