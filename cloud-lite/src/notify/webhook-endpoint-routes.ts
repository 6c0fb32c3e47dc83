import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import type { Database } from "../db/database.ts";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { Deliveries } from "./deliveries.ts";
import { deliverLater } from "./delivery.ts";
import { eventTypes } from "./sale-announcer.ts";
import type { WebhookEndpoint, WebhookEndpoints } from "./webhook-endpoint.ts";

const settingsSchema = z.object({
	url: z.url({ protocol: /^https?$/, error: "a web address that begins with https://" }).max(2_000),
	description: z.string().max(200).default(""),
	eventTypes: z
		.array(z.enum(eventTypes))
		.max(50)
		.default([])
		.openapi({ description: "Only these; empty: all. `sale.*` stands for all that begin with `sale.`" }),
	enabled: z.boolean().default(true),
});
const endpointSchema = z
	.object({
		id: z.string(),
		url: z.string(),
		description: z.string(),
		eventTypes: z.array(z.string()),
		enabled: z.boolean(),
		disabledReason: z.string().nullable(),
		version: z.int(),
	})
	.openapi("WebhookEndpoint");
const withSecretSchema = endpointSchema
	.extend({ secret: z.string().openapi({ description: "Shown now and never again; `whsec_` and base64" }) })
	.openapi("WebhookEndpointWithSecret");
const idSchema = z.object({ id: z.string().max(64) });

/** `/api/v1/webhooks`: programs of a tenant that are told what happens. */
export function webhookEndpointRoutes(options: {
	database: Database;
	clock: Clock;
	random: Random;
	endpoints: WebhookEndpoints;
	deliveries: Deliveries;
}) {
	const { database, clock, random, endpoints, deliveries } = options;
	const routes = createRoutes();
	const tag = "Webhooks";
	const manage = { permission: "webhooks:manage" } as const;

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/webhooks",
			summary: "Your webhooks",
			tag,
			access: { permission: "webhooks:read" },
			data: z.array(endpointSchema),
		},
		async ({ actor }) => (await endpoints.list(actor.tenantId)).map(view),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/webhooks",
			summary: "Tell a program what happens",
			description: "Requests are signed as the Standard Webhooks specification says; keep the secret.",
			tag,
			access: manage,
			body: settingsSchema,
			status: 201,
			data: withSecretSchema,
		},
		async ({ actor, body }) => viewWithSecret(await endpoints.add(actor.tenantId, body)),
	);

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/webhooks/{id}",
			summary: "Change a webhook, or switch it on again",
			tag,
			access: manage,
			params: idSchema,
			body: settingsSchema,
			ifMatch: true,
			data: endpointSchema,
		},
		async ({ actor, params: { id }, body, ifMatch }) => {
			const { version } = await endpoints.get(actor.tenantId, id);
			return view(unlessChanged(await endpoints.change(actor.tenantId, id, ifMatch ?? version, body), id));
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/webhooks/{id}/rotate-secret",
			summary: "Make a new secret",
			description: "For a day requests carry a signature of the old one as well.",
			tag,
			access: manage,
			params: idSchema,
			ifMatch: true,
			data: withSecretSchema,
		},
		async ({ actor, params: { id }, ifMatch }) => {
			const { version } = await endpoints.get(actor.tenantId, id);
			return viewWithSecret(unlessChanged(await endpoints.rotateSecret(actor.tenantId, id, ifMatch ?? version), id));
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/webhooks/{id}/test",
			summary: "Send an event of type test",
			tag,
			access: manage,
			params: idSchema,
			status: 202,
			data: z.object({ messageId: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			await endpoints.get(actor.tenantId, id);
			const nowMs = clock.now();
			const messageId = `test-${randomId(random)}`;
			const payload = { type: "test", timestamp: new Date(nowMs).toISOString(), data: {} };
			await database.write([
				deliverLater(
					{ tenantId: actor.tenantId, kind: "webhook", destinationId: id, messageId, subject: "test", payload },
					nowMs,
				),
			]);
			deliveries.kick();
			return { messageId };
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/webhooks/{id}",
			summary: "Remove a webhook",
			tag,
			access: manage,
			params: idSchema,
			data: z.object({ id: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			await endpoints.remove(actor.tenantId, id);
			return { id };
		},
	);
	return routes;
}

function unlessChanged(endpoint: WebhookEndpoint | undefined, id: string): WebhookEndpoint {
	if (endpoint) return endpoint;
	throw new Problem(412, "changed_meanwhile", `Webhook ${id} has been changed meanwhile; read it again.`);
}

function view(endpoint: WebhookEndpoint): z.input<typeof endpointSchema> {
	return { ...endpoint, eventTypes: [...endpoint.eventTypes] };
}

function viewWithSecret(endpoint: WebhookEndpoint): z.input<typeof withSecretSchema> {
	return { ...view(endpoint), secret: endpoint.secret };
}
