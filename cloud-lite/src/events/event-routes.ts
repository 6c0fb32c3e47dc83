import { z } from "@hono/zod-openapi";
import { defineRawRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import { positionSchema } from "./event-feed.ts";
import type { EventStreams } from "./event-streams.ts";

const description = `Server-sent events: \`sale.*\`, \`device.*\`, \`stock.*\` and \`alarm.*\`, each with \`{ type, at, data }\`. \`ready\` comes
first. Who comes again with \`Last-Event-ID\` misses nothing; after \`gap\`, read the lists again. The stream ends when the
login does.`;

/** `GET /api/v1/events`; without streams it is off. */
export function eventRoutes(streams: EventStreams | undefined) {
	const routes = createRoutes();
	const access = { permission: "events:read" } as const;
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/events",
			summary: "What happens, while it happens",
			description,
			tag: "Events",
			access,
			headers: z.object({
				"last-event-id": positionSchema.optional().openapi({ type: "string", example: "812.40.7.3" }),
			}),
			produces: ["text/event-stream"],
			problems: [429, 503],
		},
		({ actor, headers, context }) => {
			if (!streams) throw new Problem(503, "events_off", "Live events are off: ENABLE_SSE is false.");
			const gate = context.get("gate");
			return streams.open(context, {
				tenantId: actor.tenantId,
				position: headers["last-event-id"],
				admit: async () => {
					gate.admit(await gate.identify(context, access), access);
				},
			});
		},
	);
	return routes;
}
