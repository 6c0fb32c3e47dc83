import { z } from "@hono/zod-openapi";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { VapidKeys } from "./push-courier.ts";
import { browserSubscriptionSchema, type PushSubscriptions } from "./push-subscription.ts";

/** `/api/v1/push`: receipts on a shopper's own phone. */
export function pushRoutes({
	subscriptions,
	vapid,
}: {
	subscriptions: PushSubscriptions;
	vapid: VapidKeys | undefined;
}) {
	const routes = createRoutes();
	const tag = "Push";
	const off = () => new Problem(503, "push_off", "Web Push is off: the operator has set no VAPID_PUBLIC_KEY.");

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/push/key",
			summary: "The key that a page subscribes with",
			tag,
			access: "anybody",
			data: z.object({ publicKey: z.string().openapi({ description: "`applicationServerKey`, base64url" }) }),
			problems: [503],
		},
		() => {
			if (vapid === undefined) throw off();
			return { publicKey: vapid.publicKey };
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/push/subscriptions",
			summary: "Show receipts on this phone",
			description: "The body is what `PushSubscription.toJSON()` gives.",
			tag,
			access: { shopper: true },
			body: browserSubscriptionSchema,
			status: 201,
			data: z.object({ id: z.string() }),
			problems: [422, 503],
		},
		async ({ actor, body }) => {
			if (vapid === undefined) throw off();
			if (!subscriptions.isKnown(body.endpoint)) {
				throw new Problem(422, "push_service_unknown", "The endpoint is none of a browser's push service.");
			}
			return { id: await subscriptions.add(actor.tenantId, actor.id, body) };
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/push/subscriptions/{id}",
			summary: "No receipts on this phone any more",
			tag,
			access: { shopper: true },
			params: z.object({ id: z.string().max(64) }),
			data: z.object({ id: z.string() }),
		},
		async ({ actor, params: { id } }) => {
			const own = await subscriptions.of(actor.tenantId, actor.id);
			if (!own.some((subscription) => subscription.id === id)) {
				throw new Problem(404, "subscription_unknown", `There is no subscription ${id} of yours.`);
			}
			await subscriptions.remove(actor.tenantId, id);
			return { id };
		},
	);
	return routes;
}
