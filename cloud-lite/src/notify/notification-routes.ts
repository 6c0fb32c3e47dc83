import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { ruleNameSchema } from "../alarms/rule.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { type Channel, type Target, targetSchema } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";
import type { Deliveries } from "./deliveries.ts";
import { deliverLater, deliveryKinds, deliveryOf } from "./delivery.ts";
import { type Notice, severitySchema } from "./notice.ts";

const settingsSchema = z.object({
	name: z.string().min(1).max(100),
	target: targetSchema,
	minimumSeverity: severitySchema.default("info"),
	rules: z
		.array(ruleNameSchema)
		.max(20)
		.default([])
		.openapi({ description: "Only alarms of these rules; empty: of all" }),
	enabled: z.boolean().default(true),
});
const channelSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		kind: z.enum(["slack", "pagerduty", "sms", "email"]),
		to: z.string().openapi({ description: "Where it leads, without what is secret of it" }),
		minimumSeverity: severitySchema,
		rules: z.array(z.string()),
		enabled: z.boolean(),
		version: z.int(),
	})
	.openapi("NotificationChannel");
const deliverySchema = z
	.object({
		id: z.int(),
		kind: z.enum(deliveryKinds),
		destinationId: z.string(),
		messageId: z.string(),
		subject: z.string(),
		state: z.enum(["pending", "delivered", "dead"]),
		attempts: z.int(),
		createdAt: z.iso.datetime(),
		dueAt: z.iso.datetime(),
		finishedAt: z.iso.datetime().nullable(),
		lastError: z.string().nullable(),
	})
	.openapi("Delivery");
const idSchema = z.object({ id: z.string().max(64) });
const deliveryIdSchema = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const doneSchema = z.object({ id: z.string() });

/** `/api/v1/notification-channels` and `/api/v1/deliveries`. */
export function notificationRoutes(options: {
	database: Database;
	clock: Clock;
	random: Random;
	channels: ChannelStore;
	deliveries: Deliveries;
}) {
	const { database, clock, random, channels, deliveries } = options;
	const routes = createRoutes();
	const tag = "Notifications";

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/notification-channels",
			summary: "Where alarms go",
			tag,
			access: { permission: "notification-channels:read" },
			data: z.array(channelSchema),
		},
		async ({ actor }) => (await channels.list(actor.tenantId)).map(view),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/notification-channels",
			summary: "Send alarms to Slack, PagerDuty, telephones or mailboxes",
			tag,
			access: { permission: "notification-channels:manage" },
			body: settingsSchema,
			status: 201,
			data: channelSchema,
		},
		async ({ actor, body }) => view(await channels.add(actor.tenantId, body)),
	);

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/notification-channels/{id}",
			summary: "Change a channel",
			tag,
			access: { permission: "notification-channels:manage" },
			params: idSchema,
			body: settingsSchema,
			ifMatch: true,
			data: channelSchema,
		},
		async ({ actor, params: { id }, body, ifMatch }) => {
			const { version } = await channels.get(actor.tenantId, id);
			const changed = await channels.change(actor.tenantId, id, ifMatch ?? version, body);
			if (!changed)
				throw new Problem(412, "changed_meanwhile", `Channel ${id} is in version ${version}; read it again.`);
			return view(changed);
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/notification-channels/{id}",
			summary: "Remove a channel",
			tag,
			access: { permission: "notification-channels:manage" },
			params: idSchema,
			data: doneSchema,
		},
		async ({ actor, params: { id } }) => {
			await channels.remove(actor.tenantId, id);
			return { id };
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/notification-channels/{id}/test",
			summary: "Send a test notice",
			description: "Answers at once; `/api/v1/deliveries` tells what became of it.",
			tag,
			access: { permission: "notification-channels:manage" },
			params: idSchema,
			status: 202,
			data: z.object({ messageId: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			const channel = await channels.get(actor.tenantId, id);
			const nowMs = clock.now();
			const messageId = `test-${randomId(random)}`;
			const payload: Notice = {
				action: "trigger",
				alarmId: messageId,
				severity: "info",
				summary: `This is a test of channel ${channel.name}`,
				source: "VisionVend cloud",
				rule: "test",
				atMs: nowMs,
				details: {},
			};
			await database.write([
				deliverLater(
					{
						tenantId: actor.tenantId,
						kind: "alarm",
						destinationId: id,
						messageId,
						subject: payload.summary,
						payload,
					},
					nowMs,
				),
			]);
			deliveries.kick();
			return { messageId };
		},
	);

	defineList(
		routes,
		{
			path: "/api/v1/deliveries",
			summary: "What went out, and what could not",
			tag,
			access: { permission: "deliveries:read" },
			query: listQuerySchema.extend({
				state: z.enum(["pending", "delivered", "dead"]).optional(),
				destination_id: z.string().max(200).optional(),
			}),
			item: deliverySchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT * FROM delivery WHERE tenant_id = ?1 AND (?2 IS NULL OR state = ?2)
						AND (?3 IS NULL OR destination_id = ?3)`,
					args: [actor.tenantId, query.state ?? null, query.destination_id ?? null],
					key: ["id"],
				},
				query,
				(row) => {
					const delivery = deliveryOf(row);
					return {
						...delivery,
						createdAt: new Date(delivery.createdAtMs).toISOString(),
						dueAt: new Date(delivery.dueAtMs).toISOString(),
						finishedAt: delivery.finishedAtMs === null ? null : new Date(delivery.finishedAtMs).toISOString(),
					};
				},
			),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/deliveries/{id}/replay",
			summary: "Send once more what has ended, with the same message id",
			tag,
			access: { permission: "deliveries:write" },
			params: deliveryIdSchema,
			status: 202,
			data: z.object({ id: z.int() }),
			problems: [409],
		},
		async ({ actor, params: { id } }) => {
			if (await deliveries.replay(actor.tenantId, id)) return { id };
			const [row] = await database.read("SELECT id FROM delivery WHERE tenant_id = ? AND id = ?", [actor.tenantId, id]);
			if (!row) throw new Problem(404, "delivery_unknown", `There is no delivery ${id}.`);
			throw new Problem(409, "delivery_pending", `Delivery ${id} is still on its way.`);
		},
	);
	return routes;
}

function view({ target, ...channel }: Channel): z.input<typeof channelSchema> {
	return { ...channel, rules: [...channel.rules], kind: target.kind, to: shown(target) };
}

/** Whoever has a Slack address or a routing key can write there: they are not shown again. */
function shown(target: Target): string {
	switch (target.kind) {
		case "slack":
			return `${new URL(target.url).host}/…`;
		case "pagerduty":
			return `…${target.routingKey.slice(-4)}`;
		case "sms":
			return target.numbers.join(", ");
		case "email":
			return target.addresses.join(", ");
	}
}
