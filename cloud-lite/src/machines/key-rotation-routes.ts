import { z } from "@hono/zod-openapi";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import type { KeyRotationRow, KeyRotations } from "./key-rotations.ts";
import { isoOf, maybeIso } from "./machine-routes.ts";

const tag = "Machines";
const timeSchema = z.iso.datetime();
const params = z.object({ id: machineIdSchema });

const rotationSchema = z
	.object({
		id: z.string(),
		machineId: z.string(),
		version: z.int().openapi({ description: "Of the new keys" }),
		state: z.enum(["running", "overdue", "taken", "done", "revoked"]).openapi({
			description:
				"taken: both devices use the new keys; for an hour the old ones are good for what is on its way. overdue: tried on after the deadline. revoked: the old keys ended although the new ones were not taken",
		}),
		reason: z.string(),
		controllerTookAt: timeSchema.nullable(),
		piTookAt: timeSchema.nullable(),
		createdAt: timeSchema,
		deadlineAt: timeSchema,
		endedAt: timeSchema.nullable(),
	})
	.openapi("KeyRotation");

/** New keys and broker accounts for machines. */
export function keyRotationRoutes(rotations: KeyRotations) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/machines/{id}/key-rotations",
			summary: "Give a machine new keys",
			description:
				"New keys of controller and Pi, and a new account at the broker. They travel hidden under the old ones, which end an hour after both devices use the new ones. Write the broker's files again right after this, and once more when it is done.",
			tag,
			access: { permission: "machines:manage" },
			params,
			body: z.object({
				deadlineHours: z.int().min(1).max(720).default(168).openapi({
					description: "An alarm is raised when the devices have not taken them by then",
				}),
				revokeUntaken: z.boolean().default(false).openapi({
					description:
						"For keys that others have: the old ones end at the deadline whatever happens. A machine that did not take the new ones by then must be claimed again",
				}),
				reason: z.string().trim().min(1).max(200).default("routine"),
			}),
			status: 201,
			problems: [404, 409],
			data: rotationSchema,
		},
		async ({ actor, params: { id }, body }) =>
			view(await rotations.start(actor.tenantId, id, { ...body, by: actor.id })),
	);
	defineList(
		routes,
		{
			path: "/api/v1/machines/{id}/key-rotations",
			summary: "When a machine got new keys, the newest first",
			tag,
			access: { permission: "machines:manage" },
			params,
			query: listQuerySchema,
			item: rotationSchema,
			problems: [404],
		},
		async ({ actor, params: { id }, query }) => {
			const { items, meta } = await rotations.list(actor.tenantId, id, query);
			return { items: items.map(view), meta };
		},
	);
	return routes;
}

function view(row: KeyRotationRow): z.infer<typeof rotationSchema> {
	return {
		id: row.id,
		machineId: row.machine_id,
		version: row.version,
		state: row.state,
		reason: row.reason,
		controllerTookAt: maybeIso(row.controller_taken_at_ms),
		piTookAt: maybeIso(row.pi_taken_at_ms),
		createdAt: isoOf(row.created_at_ms),
		deadlineAt: isoOf(row.deadline_at_ms),
		endedAt: maybeIso(row.ended_at_ms),
	};
}
