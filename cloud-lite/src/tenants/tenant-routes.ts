import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Random } from "@visionvend/sdk/random";
import type { AuditLog } from "../audit/audit-log.ts";
import { passwordSchema } from "../auth/password.ts";
import type { Database } from "../db/database.ts";
import { defineList, defineRawRoute, defineRoute } from "../http/define-route.ts";
import { emailAddressSchema } from "../http/email-address.ts";
import { createRoutes } from "../http/environment.ts";
import { idSchema } from "../http/id.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import {
	brandingSchema,
	slugSchema,
	subscriptionSchema,
	tenantNameSchema,
	tenantSchema,
	tenantSettingsSchema,
} from "./tenant.ts";
import { exportTenant } from "./tenant-file.ts";
import type { TenantStore } from "./tenant-store.ts";

/** Registered with IANA as the type of SQLite files. */
const sqliteType = "application/vnd.sqlite3";

const ownChangeSchema = z
	.object({ name: tenantNameSchema, settings: tenantSettingsSchema, branding: brandingSchema })
	.partial()
	.openapi("TenantChange");
const platformChangeSchema = z
	.object({ name: tenantNameSchema, subscription: subscriptionSchema, active: z.boolean() })
	.partial()
	.openapi("TenantSubscriptionChange");
const newTenantSchema = z
	.object({
		slug: slugSchema,
		name: tenantNameSchema,
		admin: z.object({
			email: emailAddressSchema.toLowerCase().openapi({ example: "ada@example.com" }),
			name: trimmedText(100),
			password: passwordSchema,
		}),
	})
	.openapi("NewTenant");
const provisionedSchema = z
	.object({
		tenant: tenantSchema,
		adminId: z.string(),
		apiKey: z.string().openapi({ description: "Shown this once; only its hash is kept" }),
	})
	.openapi("ProvisionedTenant");

/** `/api/v1/tenant`, the tenant of who asks, and `/api/v1/tenants`, all of them, for who runs the cloud. */
export function tenantRoutes(options: {
	tenants: TenantStore;
	database: Database;
	clock: Clock;
	random: Random;
	audit: AuditLog;
}) {
	const { tenants, database, clock, random, audit } = options;
	const routes = createRoutes();
	const tag = "Tenants";
	const platform = { permission: "tenants:platform" } as const;
	const params = z.object({ id: idSchema });

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenant",
			summary: "Your tenant",
			tag,
			access: { permission: "tenants:read" },
			data: tenantSchema,
		},
		({ actor }) => tenants.get(actor.tenantId),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/tenant",
			summary: "Change your tenant",
			description: "Settings and branding are replaced as a whole. The subscription is the platform's to change.",
			tag,
			access: { permission: "tenants:manage" },
			body: ownChangeSchema,
			ifMatch: true,
			data: tenantSchema,
		},
		({ actor, body, ifMatch }) => tenants.change(actor.tenantId, body, ifMatch),
	);
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenant/export",
			summary: "Everything that you have here, as one SQLite file",
			description:
				"Without what lets somebody in: passwords, machines' keys, and accounts with services that send. Who runs the cloud can write a file with them (`visionvend-cloud tenant export`), with which a tenant moves.",
			tag,
			access: { permission: "tenants:manage" },
			rateLimit: { burst: 20, perMinute: 5 },
			produces: [sqliteType],
		},
		async ({ actor: { tenantId, kind, id }, requestId }) => {
			const folder = await mkdtemp(join(tmpdir(), "visionvend-export-"));
			try {
				const path = join(folder, "tenant.db");
				await exportTenant({ database, clock, random, tenantId, path, secrets: "left out" });
				const action = "get /api/v1/tenant/export";
				await audit.record({
					tenantId,
					actorKind: kind,
					actorId: id,
					action,
					target: "/api/v1/tenant/export",
					status: 200,
					requestId,
				});
				const { size } = await stat(path);
				const stream = createReadStream(path);
				// Open, it can be read to its end although its name is gone.
				await once(stream, "open");
				return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
					headers: {
						"content-type": sqliteType,
						"content-length": `${size}`,
						"content-disposition": 'attachment; filename="tenant.db"',
					},
				});
			} finally {
				await rm(folder, { recursive: true, force: true });
			}
		},
	);
	defineList(
		routes,
		{
			path: "/api/v1/tenants",
			summary: "All tenants",
			tag,
			access: platform,
			query: listQuerySchema,
			item: tenantSchema,
		},
		({ query }) => tenants.list(query),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/tenants",
			summary: "Add a tenant",
			description: "With its first admin and its first API key.",
			tag,
			access: platform,
			body: newTenantSchema,
			status: 201,
			data: provisionedSchema,
			problems: [409],
		},
		({ body: { slug, name, admin } }) =>
			tenants.provision({ slug, name }, { ...admin, role: "admin", permissions: [] }),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/tenants/{id}",
			summary: "One tenant",
			tag,
			access: platform,
			params,
			data: tenantSchema,
		},
		({ params: { id } }) => tenants.get(id),
	);
	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/tenants/{id}",
			summary: "Change a tenant's subscription",
			description: "`active: false` ends all logins and keys of the tenant at once.",
			tag,
			access: platform,
			params,
			body: platformChangeSchema,
			ifMatch: true,
			data: tenantSchema,
			problems: [409],
		},
		({ actor, params: { id }, body, ifMatch }) => {
			if (id === actor.tenantId && body.active === false) {
				throw new Problem(409, "own_tenant", "You would lock yourself out.");
			}
			return tenants.change(id, body, ifMatch);
		},
	);
	return routes;
}
