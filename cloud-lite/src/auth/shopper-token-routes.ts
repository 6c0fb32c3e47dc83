import { z } from "@hono/zod-openapi";
import type { Reader } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { type AccessTokens, accessTokenLivesSeconds, shopperIdPattern } from "./access-token.ts";
import { mustBeOwnShopper } from "./own-shopper.ts";

/** How a shop that knows its shoppers lets their phones in. */
export function shopperTokenRoutes({ database, tokens }: { database: Reader; tokens: AccessTokens }) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/shoppers/{id}/token",
			summary: "A short-lived token for a shopper's phone",
			description:
				"Asked for by the shop's own server, once it knows whose phone it is. The id is the shop's to choose; it stays one shopper's.",
			tag: "Authentication",
			access: { permission: "shoppers:manage" },
			params: z.object({ id: z.string().regex(shopperIdPattern, "a shopper's id").openapi({ example: "ada" }) }),
			status: 201,
			data: z.object({ accessToken: z.string(), tokenType: z.literal("Bearer"), expiresIn: z.int() }),
		},
		async ({ actor: { tenantId }, params: { id } }) => {
			await mustBeOwnShopper(database, tenantId, id);
			return {
				accessToken: await tokens.issue({ aud: "visionvend-shopper", sub: id, tenantId }),
				tokenType: "Bearer" as const,
				expiresIn: accessTokenLivesSeconds,
			};
		},
	);
	return routes;
}
