import { z } from "@hono/zod-openapi";
import { productSchema } from "@visionvend/sdk/catalog/product";
import { currencySchema, machineIdSchema, machineKindSchema } from "@visionvend/sdk/protocol/messages";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { seriesSchema, spanSchema, type TelemetryQueries } from "../telemetry/telemetry-queries.ts";
import { currencyOf } from "../tenants/tenant-currency.ts";
import type { Claim } from "./claims.ts";
import type { DeviceStore } from "./device-store.ts";
import { machineConfigSchema } from "./machine-config.ts";
import { type Credentials, type MachineRow, type MachineService, machineRowSchema } from "./machine-service.ts";

const tag = "Machines";
const timeSchema = z.iso.datetime();
const params = z.object({ id: machineIdSchema });

const machineSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		kind: machineKindSchema,
		currency: z.string(),
		holdCents: z.int(),
		locationId: z.string().nullable(),
		firmware: z.string(),
		configVersion: z.int(),
		lastSeenAt: timeSchema.nullable(),
		maintenanceSince: timeSchema.nullable(),
		decommissionedAt: timeSchema.nullable(),
		createdAt: timeSchema,
		version: z.int(),
	})
	.openapi("Machine");

const claimSchema = z
	.object({
		code: z.string(),
		url: z.string(),
		qrSvg: z.string().openapi({ description: "The URL as a QR code" }),
		expiresAt: timeSchema,
	})
	.openapi("Claim");

export const credentialsSchema = z
	.object({
		files: z.object({
			controller: z.record(z.string(), z.unknown()).openapi({ description: "The controller's configuration" }),
			pi: z.record(z.string(), z.unknown()).nullable().openapi({ description: "pi.json; null where there is no Pi" }),
		}),
		apiKey: z.string().openapi({ description: "For what the devices ask over HTTPS" }),
		mqtt: z.object({ username: z.string(), password: z.string() }),
	})
	.openapi("DeviceCredentials");

const onboardingSchema = z.object({
	machine: z.object({
		id: machineIdSchema.optional().openapi({ description: "One is made up where not given" }),
		name: trimmedText(100),
		kind: machineKindSchema.default("fridge"),
		currency: currencySchema.optional().openapi({ description: "The tenant's where not given" }),
		holdCents: z.int().min(1).max(100_000_000).default(2_000),
		locationId: z.string().min(1).max(64).optional(),
	}),
	templateId: z.string().min(1).max(64).optional(),
	network: machineConfigSchema.shape.network,
	inventory: z.array(productSchema).min(1).max(500),
});

const configViewSchema = z
	.object({
		config: machineConfigSchema,
		firmwareVersion: z.string(),
		state: z.enum(["applied", "pending", "failed"]).openapi({ description: "Whether the machine runs with it" }),
		reason: z.string(),
		version: z.int(),
	})
	.openapi("MachineConfigVersion");

const statusSchema = z
	.object({
		machineId: z.string(),
		status: z.enum(["online", "offline", "maintenance", "decommissioned"]),
		statusSince: timeSchema,
		lastSeenAt: timeSchema.nullable(),
		firmware: z.string(),
		configVersion: z.int(),
		planogramVersion: z.int().openapi({ description: "Rises with every change of places, prices and masses" }),
		piPlanogramVersion: z
			.int()
			.nullable()
			.openapi({ description: "What its Pi decides by; null: no Pi said anything" }),
		health: z.record(z.string(), z.unknown()).nullable().openapi({ description: "What the controller said last" }),
		healthAt: timeSchema.nullable(),
		devices: z.array(
			z.object({ id: z.string(), type: z.string(), status: z.string(), lastSeenAt: timeSchema.nullable() }),
		),
	})
	.openapi("MachineStatus");

/** Onboarding, configuration, status and the end of machines. */
export function machineRoutes(options: {
	readonly database: Database;
	readonly machines: MachineService;
	readonly devices: DeviceStore;
	readonly telemetry: TelemetryQueries;
	/** Where people reach the cloud, `https://…`; what the request says where not given. */
	readonly publicUrl: string | undefined;
}) {
	const { database, machines, devices, telemetry, publicUrl } = options;
	const routes = createRoutes();
	const originOf = (url: string): string => publicUrl ?? new URL(url).origin;

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/machines/onboard",
			aliases: ["/auth/register-machine"],
			summary: "Bring a machine in",
			description:
				"Registers the machine with its products, makes its keys, and answers with all that its devices need: the files themselves, and a QR code with which they fetch them within 15 minutes. The keys are shown this once.",
			tag,
			access: { permission: "machines:manage" },
			body: onboardingSchema,
			status: 201,
			problems: [404, 409, 422],
			data: z.object({ machine: machineSchema, claim: claimSchema, ...credentialsSchema.shape }),
		},
		async ({ actor, body, context }) => {
			const { machine, templateId, network, inventory } = body;
			const done = await machines.onboard(
				{
					tenantId: actor.tenantId,
					machineId: machine.id,
					name: machine.name,
					kind: machine.kind,
					currency: machine.currency ?? (await currencyOf(database, actor.tenantId)),
					holdCents: machine.holdCents,
					locationId: machine.locationId,
					templateId,
					network,
					inventory,
				},
				originOf(context.req.url),
			);
			return { machine: view(done.machine), claim: viewClaim(done.claim), ...viewCredentials(done.credentials) };
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/machines/{id}/provision-device",
			summary: "A new QR code for the devices of a machine",
			tag,
			access: { permission: "machines:manage" },
			params,
			status: 201,
			problems: [409],
			data: claimSchema,
		},
		async ({ actor, params: { id }, context }) =>
			viewClaim(await machines.provision(actor.tenantId, id, originOf(context.req.url))),
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/machines/{id}/decommission",
			summary: "Take a machine out of service for good",
			tag,
			access: { permission: "machines:manage" },
			params,
			data: machineSchema,
		},
		async ({ actor, params: { id } }) => view(await machines.decommission(actor.tenantId, id)),
	);

	defineList(
		routes,
		{
			path: "/api/v1/machines",
			summary: "Your machines",
			tag,
			access: { permission: "machines:read" },
			query: listQuerySchema,
			item: machineSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{ sql: "SELECT * FROM machine WHERE tenant_id = ?", args: [actor.tenantId], key: ["id"], direction: "asc" },
				query,
				(row) => view(machineRowSchema.parse(row)),
			),
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/machines/{id}",
			summary: "One machine",
			tag,
			access: { permission: "machines:read" },
			params,
			data: machineSchema,
		},
		async ({ actor, params: { id } }) => view(await machines.find(actor.tenantId, id)),
	);

	defineRoute(
		routes,
		{
			method: "patch",
			path: "/api/v1/machines/{id}",
			summary: "Name, place and maintenance of a machine",
			description: "A machine in maintenance sells nothing, and no alarm tells of its silence.",
			tag,
			access: { permission: "machines:write" },
			params,
			body: z.object({
				name: trimmedText(100).optional(),
				locationId: z.string().min(1).max(64).nullable().optional(),
				maintenance: z.boolean().optional(),
			}),
			ifMatch: true,
			problems: [409],
			data: machineSchema,
		},
		async ({ actor, params: { id }, body, ifMatch }) => {
			const { name, locationId, maintenance } = body;
			const changes = {
				...(name === undefined ? {} : { name }),
				...(locationId === undefined ? {} : { locationId }),
				...(maintenance === undefined ? {} : { maintenance }),
			};
			return view(await machines.change(actor.tenantId, id, changes, ifMatch));
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/machines/{id}/config",
			summary: "What a machine shall be like",
			tag,
			access: { permission: "machines:read", device: true },
			params,
			problems: [409],
			data: configViewSchema,
		},
		async ({ actor, params: { id } }) => {
			mustBeOwn(actor, id);
			return viewConfig(await machines.config(actor.tenantId, id));
		},
	);

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/machines/{id}/config",
			summary: "Change what a machine shall be like",
			description:
				"The next version; what concerns the controller is sent to it, and `state` tells when it runs with it. Passwords go to the machine and are not kept.",
			tag,
			access: { permission: "machines:write" },
			params,
			body: machineConfigSchema,
			ifMatch: true,
			problems: [409, 422],
			data: configViewSchema,
		},
		async ({ actor, params: { id }, body, ifMatch }) => {
			await machines.configure(actor.tenantId, id, body, ifMatch);
			return viewConfig(await machines.config(actor.tenantId, id));
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/machines/{id}/status",
			summary: "How a machine is",
			tag,
			access: { permission: "machines:read", device: true },
			params,
			data: statusSchema,
		},
		async ({ actor, params: { id } }) => {
			mustBeOwn(actor, id);
			const row = await machines.find(actor.tenantId, id);
			const { items } = await devices.list(actor.tenantId, { machineId: id }, listQuerySchema.parse({}));
			const controller = items.find(({ type }) => type === "controller");
			return {
				machineId: id,
				status: controller?.status ?? "offline",
				statusSince: isoOf(controller?.statusSinceMs ?? row.created_at_ms),
				lastSeenAt: maybeIso(row.last_seen_at_ms),
				firmware: row.firmware,
				configVersion: row.config_version,
				planogramVersion: row.planogram_version,
				piPlanogramVersion: row.planogram_told,
				health: row.health === null ? null : z.record(z.string(), z.unknown()).parse(JSON.parse(row.health)),
				healthAt: maybeIso(row.health_at_ms),
				devices: items.map(({ id: deviceId, type, status, lastSeenAtMs }) => ({
					id: deviceId,
					type,
					status,
					lastSeenAt: maybeIso(lastSeenAtMs),
				})),
			};
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/machines/{id}/telemetry",
			summary: "What a machine measured",
			description:
				"One number of its health messages over time, by its path in them: `supplyMillivolts`, `massesMilligrams[0]`. Messages are kept for 72 hours, minutes for 7 days, hours for 90, days for five years.",
			tag,
			access: { permission: "machines:read" },
			params,
			query: z.object({
				metric: z.string().regex(/^[A-Za-z0-9_.[\]]{1,64}$/),
				span: spanSchema.default("hour"),
				from: z.iso.datetime({ offset: true }).optional().openapi({ description: "A day ago where not given" }),
				to: z.iso.datetime({ offset: true }).optional(),
			}),
			data: seriesSchema,
		},
		async ({ actor, params: { id }, query: { metric, span, from, to } }) => {
			await machines.find(actor.tenantId, id);
			return telemetry.series(
				id,
				metric,
				span,
				from === undefined ? undefined : Date.parse(from),
				to === undefined ? undefined : Date.parse(to),
			);
		},
	);

	return routes;
}

/** A device sees its own machine and no other. */
export function mustBeOwn(actor: { readonly kind: string; readonly machineId?: string }, machineId: string): void {
	if (actor.kind === "device" && actor.machineId !== machineId) {
		throw new Problem(404, "machine_unknown", `There is no machine ${machineId} of yours.`);
	}
}

function view(row: MachineRow): z.infer<typeof machineSchema> {
	return {
		id: row.id,
		name: row.name,
		kind: row.kind,
		currency: row.currency,
		holdCents: row.hold_cents,
		locationId: row.location_id,
		firmware: row.firmware,
		configVersion: row.config_version,
		lastSeenAt: maybeIso(row.last_seen_at_ms),
		maintenanceSince: maybeIso(row.maintenance_since_ms),
		decommissionedAt: maybeIso(row.decommissioned_at_ms),
		createdAt: isoOf(row.created_at_ms),
		version: row.version,
	};
}

function viewClaim({ code, url, qrSvg, expiresAtMs }: Claim): z.infer<typeof claimSchema> {
	return { code, url, qrSvg, expiresAt: isoOf(expiresAtMs) };
}

export function viewCredentials({ files, apiKey, mqtt }: Credentials): z.input<typeof credentialsSchema> {
	return {
		files: { controller: { ...files.controller }, pi: files.pi === null ? null : { ...files.pi } },
		apiKey,
		mqtt,
	};
}

function viewConfig({ config, version, state, reason, row }: Awaited<ReturnType<MachineService["config"]>>) {
	return { config, firmwareVersion: row.firmware, state, reason, version };
}

export function isoOf(atMs: number): string {
	return new Date(atMs).toISOString();
}

/** 0 and NULL: never. */
export function maybeIso(atMs: number | null): string | null {
	return atMs === null || atMs === 0 ? null : isoOf(atMs);
}
