import { z } from "@hono/zod-openapi";
import { defineList, defineRawRoute, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { type Artifact, type ArtifactStore, artifactKindSchema, artifactManifestSchema } from "./artifact-store.ts";
import { campaignPlanSchema } from "./campaign-plan.ts";
import type { Campaign, Campaigns } from "./campaigns.ts";

const tag = "Updates";
const timeSchema = z.iso.datetime();
const params = z.object({ id: z.string().regex(/^[\w-]{1,64}$/) });
const largestArtifact = 64 * 1024 * 1024;

const artifactSchema = z
	.object({
		id: z.string(),
		kind: artifactKindSchema,
		manifest: artifactManifestSchema,
		complete: z.boolean().openapi({ description: "Whether its content has come" }),
		createdAt: timeSchema,
	})
	.openapi("Artifact");

const campaignSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		state: z.enum(["waiting", "running", "stopped", "done"]).openapi({ description: "waiting: for approval" }),
		plan: campaignPlanSchema,
		ring: z.int(),
		reason: z.string(),
		createdBy: z.string(),
		approvedBy: z.string().nullable(),
		createdAt: timeSchema,
		counts: z.object({ waiting: z.int(), offered: z.int(), done: z.int(), failed: z.int() }),
		version: z.int(),
	})
	.openapi("Campaign");

/** Artifacts and the campaigns that bring them to machines. */
export function otaRoutes({
	artifacts,
	campaigns,
}: {
	readonly artifacts: ArtifactStore;
	readonly campaigns: Campaigns;
}) {
	const routes = createRoutes();

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/ota/artifacts",
			summary: "Announce something to update with",
			description: "Its manifest, signed by a maker that this cloud knows. The content follows.",
			tag,
			access: { permission: "ota:manage" },
			body: z.object({ kind: artifactKindSchema, manifest: artifactManifestSchema }),
			status: 201,
			problems: [422],
			data: artifactSchema,
		},
		async ({ actor, body: { kind, manifest } }) =>
			viewArtifact(await artifacts.add(actor.tenantId, kind, manifest, actor.id)),
	);

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/ota/artifacts/{id}/content",
			summary: "The content of an artifact",
			tag,
			access: { permission: "ota:manage" },
			params,
			body: z.instanceof(Uint8Array).openapi({ type: "string", format: "binary" }),
			bodyType: "application/octet-stream",
			largestBody: largestArtifact,
			problems: [409, 422],
			data: artifactSchema,
		},
		async ({ actor, params: { id }, body }) => viewArtifact(await artifacts.fill(actor.tenantId, id, body)),
	);

	defineList(
		routes,
		{
			path: "/api/v1/ota/artifacts",
			summary: "What there is to update with",
			tag,
			access: { permission: "ota:read" },
			query: listQuerySchema,
			item: artifactSchema,
		},
		async ({ actor, query }) => {
			const { items, meta } = await artifacts.list(actor.tenantId, query);
			return { items: items.map(viewArtifact), meta };
		},
	);

	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/ota/artifacts/{id}/content",
			summary: "Fetch an artifact",
			tag,
			access: { permission: "ota:manage", device: true },
			params,
			produces: ["application/octet-stream"],
		},
		async ({ actor, params: { id } }) =>
			new Response(await artifacts.content(actor.tenantId, id), {
				headers: { "content-type": "application/octet-stream" },
			}),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/ota/campaigns",
			summary: "Plan a campaign",
			description: "It begins when somebody else has approved it.",
			tag,
			access: { permission: "ota:manage" },
			body: z.object({ name: trimmedText(100), plan: campaignPlanSchema }),
			status: 201,
			problems: [404, 422],
			data: campaignSchema,
		},
		async ({ actor, body: { name, plan } }) => view(await campaigns.create(actor.tenantId, name, plan, actor.id)),
	);

	for (const [action, summary] of [
		["approve", "Let a campaign begin"],
		["stop", "Stop a campaign"],
	] as const) {
		defineRoute(
			routes,
			{
				method: "post",
				path: `/api/v1/ota/campaigns/{id}/${action}`,
				summary,
				tag,
				access: { permission: "ota:manage" },
				params,
				problems: [409],
				data: campaignSchema,
			},
			async ({ actor, params: { id } }) =>
				view(
					action === "approve"
						? await campaigns.approve(actor.tenantId, id, actor.id)
						: await campaigns.stop(actor.tenantId, id, `stopped by ${actor.id}`),
				),
		);
	}

	defineList(
		routes,
		{
			path: "/api/v1/ota/campaigns",
			summary: "Your campaigns",
			tag,
			access: { permission: "ota:read" },
			query: listQuerySchema,
			item: campaignSchema,
		},
		async ({ actor, query }) => {
			const { items, meta } = await campaigns.list(actor.tenantId, query);
			return { items: items.map(view), meta };
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/ota/campaigns/{id}",
			summary: "How a campaign stands",
			tag,
			access: { permission: "ota:read" },
			params,
			data: campaignSchema,
		},
		async ({ actor, params: { id } }) => view(await campaigns.find(actor.tenantId, id)),
	);

	defineList(
		routes,
		{
			path: "/api/v1/ota/campaigns/{id}/targets",
			summary: "How each machine of a campaign stands",
			tag,
			access: { permission: "ota:read" },
			params,
			query: listQuerySchema,
			item: z.object({
				machineId: z.string(),
				ring: z.int(),
				state: z.enum(["waiting", "offered", "done", "failed"]),
				reason: z.string(),
			}),
		},
		({ actor, params: { id }, query }) => campaigns.targets(actor.tenantId, id, query),
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/ota/desired",
			summary: "What a Pi shall fetch and install",
			tag,
			access: { device: true },
			data: z.array(
				z.object({
					campaignId: z.string(),
					part: z.enum(["pi", "model"]),
					artifactId: z.string(),
					manifest: artifactManifestSchema,
				}),
			),
		},
		async ({ actor }) =>
			(await campaigns.desired(actor.tenantId, actor.machineId)).map(({ campaignId, part, artifact }) => ({
				campaignId,
				part,
				artifactId: artifact.id,
				manifest: artifact.manifest,
			})),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/ota/reports",
			summary: "A Pi says what became of an update",
			tag,
			access: { device: true },
			body: z.object({
				artifactId: params.shape.id,
				outcome: z.enum(["done", "failed"]),
				reason: z.string().max(200).default(""),
			}),
			data: z.object({ expected: z.boolean().openapi({ description: "Whether a campaign waits for it" }) }),
		},
		async ({ actor, body }) => ({ expected: await campaigns.report(actor.tenantId, actor.machineId, body) }),
	);
	return routes;
}

function viewArtifact({ createdAtMs, ...artifact }: Artifact): z.infer<typeof artifactSchema> {
	return { ...artifact, createdAt: new Date(createdAtMs).toISOString() };
}

function view({ createdAtMs, ...campaign }: Campaign): z.input<typeof campaignSchema> {
	return { ...campaign, createdAt: new Date(createdAtMs).toISOString() };
}
