import { z } from "@hono/zod-openapi";
import { logLevels } from "@visionvend/sdk/protocol/device-logs";
import { remoteActionSchema } from "@visionvend/sdk/protocol/messages";
import type { AccessTokens } from "../auth/access-token.ts";
import { accessTokenLivesSeconds } from "../auth/access-token.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { CommandBatches } from "./command-batches.ts";
import { type Device, type DeviceStore, deviceStatusSchema } from "./device-store.ts";
import { credentialsSchema, isoOf, maybeIso, mustBeOwn, viewCredentials } from "./machine-routes.ts";
import type { MachineService } from "./machine-service.ts";
import type { Presence } from "./presence.ts";
import type { RemoteCommand, RemoteCommands } from "./remote-commands.ts";

const tag = "Devices";
const timeSchema = z.iso.datetime();
const deviceId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/);
const params = z.object({ id: deviceId });

const deviceSchema = z
	.object({
		id: z.string(),
		machineId: z.string(),
		machineName: z.string(),
		type: z.enum(["controller", "pi"]),
		model: z.string(),
		firmware: z.string(),
		status: deviceStatusSchema,
		statusSince: timeSchema,
		lastSeenAt: timeSchema.nullable(),
		diagnostics: z.record(z.string(), z.unknown()),
	})
	.openapi("Device");

const commandSchema = z
	.object({
		id: z.string(),
		machineId: z.string(),
		kind: z.enum(["action", "configuration", "firmware"]),
		action: z.string().openapi({ description: "Of an action; empty otherwise" }),
		state: z.enum(["requested", "sent", "received", "running", "done", "failed", "expired"]),
		reason: z.string(),
		detail: z.string(),
		requestedBy: z.string(),
		createdAt: timeSchema,
		changedAt: timeSchema,
	})
	.openapi("Command");

const requestSchema = z.object({
	action: remoteActionSchema,
	shelf: z.int().min(0).max(15).optional().openapi({ description: "For tare and calibrate" }),
	milligrams: z.int().min(1).max(200_000_000).optional().openapi({ description: "For calibrate" }),
	minutes: z.int().min(1).max(240).optional().openapi({ description: "For service-start" }),
	expiresInSeconds: z
		.int()
		.min(10)
		.max(7 * 86_400)
		.default(60)
		.openapi({ description: "A machine that has not begun by then will not; until then it is asked again and again" }),
});

const diagnosticsSchema = z.object({
	firmware: z.string().min(1).max(64).optional(),
	diagnostics: z
		.object({
			uptimeMs: z.int().min(0).optional(),
			memoryFreeBytes: z.int().min(0).optional(),
			diskFreeBytes: z.int().min(0).optional(),
			temperatureCentidegrees: z.int().min(-10_000).max(20_000).optional(),
			signalDbm: z.int().min(-150).max(0).optional(),
			framesPerSecond: z.number().min(0).max(1_000).optional(),
			faults: z.array(z.string().max(64)).max(32).optional(),
			versions: z.record(z.string().max(32), z.string().max(64)).optional(),
		})
		.default({}),
});

const logEntrySchema = z.object({
	level: z.enum(logLevels),
	event: z.string().min(1).max(64),
	detail: z.string().max(2_000).default(""),
});

const batchSchema = z
	.object({
		id: z.string(),
		action: z.string(),
		createdAt: timeSchema,
		counts: z.object({
			requested: z.int(),
			sent: z.int(),
			received: z.int(),
			running: z.int(),
			done: z.int(),
			failed: z.int(),
			expired: z.int(),
		}),
		commands: z.array(commandSchema),
	})
	.openapi("CommandBatch");

/** Devices: what they are, what they say, and what is asked of them. */
export function deviceRoutes(options: {
	readonly devices: DeviceStore;
	readonly machines: MachineService;
	readonly commands: RemoteCommands;
	readonly batches: CommandBatches;
	readonly presence: Presence;
	readonly tokens: AccessTokens;
}) {
	const { devices, machines, commands, batches, presence, tokens } = options;
	const routes = createRoutes();

	defineList(
		routes,
		{
			path: "/api/v1/devices",
			summary: "Your devices",
			tag,
			access: { permission: "devices:read" },
			query: listQuerySchema.extend({
				query: z.string().max(100).optional().openapi({ description: "Part of an id, or of the machine's name" }),
				merchant_id: z
					.string()
					.max(64)
					.optional()
					.openapi({ description: "Your tenant's id; of another one nothing is shown" }),
				model: z.string().max(64).optional(),
				status: deviceStatusSchema.optional(),
			}),
			item: deviceSchema,
		},
		async ({ actor, query: { query, merchant_id, model, status, ...page } }) => {
			if (merchant_id !== undefined && merchant_id !== actor.tenantId) return { items: [], meta: { nextCursor: null } };
			const { items, meta } = await devices.list(actor.tenantId, { query, model, status }, page);
			return { items: items.map(view), meta };
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/devices/{id}",
			summary: "One device",
			tag,
			access: { permission: "devices:read" },
			params,
			data: deviceSchema,
		},
		async ({ actor, params: { id } }) => view(await devices.find(actor.tenantId, id)),
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/devices/{id}/summary",
			summary: "A device, how it came and went, and what was asked of it",
			tag,
			access: { permission: "devices:read" },
			params,
			data: z.object({
				device: deviceSchema,
				health: z.record(z.string(), z.unknown()).nullable(),
				changes: z.array(z.object({ status: z.string(), at: timeSchema })),
				commands: z.array(commandSchema),
			}),
		},
		async ({ actor, params: { id } }) => {
			const device = await devices.find(actor.tenantId, id);
			const { health } = await machines.find(actor.tenantId, device.machineId);
			const changes = await devices.changes(actor.tenantId, device.id);
			const { items } = await commands.list(actor.tenantId, device.machineId, listQuerySchema.parse({ limit: 20 }));
			return {
				device: view(device),
				health: health === null ? null : z.record(z.string(), z.unknown()).parse(JSON.parse(health)),
				changes: changes.map(({ status, atMs }) => ({ status, at: isoOf(atMs) })),
				commands: items.map(viewCommand),
			};
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/devices/register",
			summary: "Become the machine of a QR code",
			description:
				"The devices at a new machine send the code of its claim, once, and get what they need to start: their files, an API key, their account at the broker.",
			tag,
			access: "anybody",
			body: z.object({
				claim: z.string().regex(/^[\w-]{22}$/, "the part of the QR code's URL behind #"),
				wifiPassword: z.string().max(63).optional().openapi({ description: "Put into the controller's file" }),
			}),
			status: 201,
			problems: [404],
			data: z.object({ machineId: z.string(), ...credentialsSchema.shape }),
		},
		async ({ body: { claim, wifiPassword } }) => {
			const credentials = await machines.claim(claim, wifiPassword);
			return { machineId: credentials.machineId, ...viewCredentials(credentials) };
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/auth/device-token",
			aliases: ["/api/v1/auth/device-token"],
			summary: "A short-lived token for a device",
			tag,
			access: { device: true },
			data: z.object({ access_token: z.string(), token_type: z.literal("Bearer"), expires_in: z.int() }),
		},
		async ({ actor }) => ({
			access_token: await tokens.issue({
				aud: "visionvend-device",
				sub: actor.id,
				tenantId: actor.tenantId,
				machineId: actor.machineId,
			}),
			token_type: "Bearer" as const,
			expires_in: accessTokenLivesSeconds,
		}),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/devices/{id}/status",
			summary: "A device says how it is",
			tag,
			access: { device: true },
			params,
			body: diagnosticsSchema,
			data: deviceSchema,
		},
		async ({ actor, params: { id }, body }) => {
			const device = await devices.find(actor.tenantId, id);
			mustBeOwn(actor, device.machineId);
			await devices.report(actor.tenantId, device.id, body);
			presence.kick();
			return view(await devices.find(actor.tenantId, device.id));
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/devices/{id}/logs",
			summary: "A device tells what happened",
			tag,
			access: { device: true },
			params,
			body: z.object({ entries: z.array(logEntrySchema).min(1).max(100) }),
			status: 201,
			data: z.object({ stored: z.int() }),
		},
		async ({ actor, params: { id }, body: { entries } }) => {
			const device = await devices.find(actor.tenantId, id);
			mustBeOwn(actor, device.machineId);
			await devices.log(actor.tenantId, device.id, entries);
			return { stored: entries.length };
		},
	);

	defineList(
		routes,
		{
			path: "/api/v1/devices/{id}/logs",
			summary: "What a device told, newest first",
			description: "The last 2,000 lines of 30 days. A Pi sends what its log has from `warn` on.",
			tag,
			access: { permission: "devices:read" },
			params,
			query: listQuerySchema.extend({
				level: z.enum(logLevels).optional().openapi({ description: "This one, and those that matter more" }),
				event: z.string().min(1).max(64).optional(),
			}),
			item: z.object({
				at: timeSchema,
				level: z.string(),
				event: z.string(),
				detail: z.string(),
				seq: z.int().nullable().openapi({
					description:
						"Counts the lines of one life of the device; one that is missing was lost. null: came over HTTPS",
				}),
			}),
		},
		async ({ actor, params: { id }, query }) => {
			const device = await devices.find(actor.tenantId, id);
			const { items, meta } = await devices.logs(actor.tenantId, device.id, query);
			return { items: items.map(({ atMs, ...entry }) => ({ at: isoOf(atMs), ...entry })), meta };
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/devices/{id}/commands",
			summary: "Ask a machine for something",
			description: "Answers at once; GET /api/v1/commands/{id} tells how far it has come.",
			tag,
			access: { permission: "devices:write" },
			params,
			body: requestSchema,
			status: 202,
			problems: [409, 422],
			data: commandSchema,
		},
		async ({ actor, params: { id }, body: { expiresInSeconds, ...request } }) => {
			const device = await devices.find(actor.tenantId, id);
			if (device.status === "decommissioned") {
				throw new Problem(409, "machine_decommissioned", `Machine ${device.machineId} is out of service for good.`);
			}
			return viewCommand(
				await batches.send(actor.tenantId, device.machineId, request, {
					requestedBy: actor.id,
					livesMs: expiresInSeconds * 1_000,
				}),
			);
		},
	);

	defineList(
		routes,
		{
			path: "/api/v1/devices/{id}/commands",
			summary: "What was asked of a machine, newest first",
			tag,
			access: { permission: "devices:read" },
			params,
			query: listQuerySchema,
			item: commandSchema,
		},
		async ({ actor, params: { id }, query }) => {
			const device = await devices.find(actor.tenantId, id);
			const { items, meta } = await commands.list(actor.tenantId, device.machineId, query);
			return { items: items.map(viewCommand), meta };
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/commands/{id}",
			summary: "How far a command has come",
			tag,
			access: { permission: "devices:read" },
			params: z.object({ id: z.string().regex(/^[\w-]{1,64}$/) }),
			data: commandSchema,
		},
		async ({ actor, params: { id } }) => viewCommand(await batches.find(actor.tenantId, id)),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/command-batches",
			summary: "Ask many machines for the same",
			tag,
			access: { permission: "devices:write" },
			body: requestSchema
				.extend({
					deviceIds: z.array(deviceId).min(1).max(1_000).optional(),
					filter: z
						.object({
							query: z.string().max(100).optional(),
							model: z.string().max(64).optional(),
							status: deviceStatusSchema.optional(),
						})
						.optional()
						.openapi({
							description: "Instead of deviceIds: the controllers that a list with this filter shows, at most 1,000",
						}),
				})
				.refine(
					({ deviceIds, filter }) => (deviceIds === undefined) !== (filter === undefined),
					"give deviceIds or filter; an empty filter means all machines",
				),
			status: 202,
			problems: [404, 422],
			data: batchSchema,
		},
		async ({ actor, body: { deviceIds, filter, expiresInSeconds, ...request } }) => {
			const batchId = await batches.start(actor.tenantId, deviceIds ?? filter ?? {}, request, {
				requestedBy: actor.id,
				livesMs: expiresInSeconds * 1_000,
			});
			return viewBatch(await batches.batch(actor.tenantId, batchId));
		},
	);

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/command-batches/{id}",
			summary: "How far the commands of a batch have come",
			tag,
			access: { permission: "devices:read" },
			params: z.object({ id: z.string().regex(/^[\w-]{1,64}$/) }),
			data: batchSchema,
		},
		async ({ actor, params: { id } }) => viewBatch(await batches.batch(actor.tenantId, id)),
	);
	return routes;
}

function view({ statusSinceMs, lastSeenAtMs, ...device }: Device): z.infer<typeof deviceSchema> {
	return { ...device, statusSince: isoOf(statusSinceMs), lastSeenAt: maybeIso(lastSeenAtMs) };
}

function viewCommand({ createdAtMs, changedAtMs, ...command }: RemoteCommand): z.infer<typeof commandSchema> {
	return { ...command, createdAt: isoOf(createdAtMs), changedAt: isoOf(changedAtMs) };
}

function viewBatch({ id, action, createdAtMs, commands }: Awaited<ReturnType<CommandBatches["batch"]>>) {
	const counts = { requested: 0, sent: 0, received: 0, running: 0, done: 0, failed: 0, expired: 0 };
	for (const { state } of commands) counts[state] += 1;
	return { id, action, createdAt: isoOf(createdAtMs), counts, commands: commands.map(viewCommand) };
}
