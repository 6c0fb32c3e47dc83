import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { Database } from "../db/database.ts";
import { type Gateways, gatewayNameSchema } from "../payments/gateway.ts";
import { defineRawRoute, defineRoute } from "./define-route.ts";
import { createRoutes } from "./environment.ts";
import { messageOf } from "./error-message.ts";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problem.ts";

const checkSchema = z.enum(["ok", "down", "off", "unknown", "not_used"]);
const healthSchema = z
	.object({
		status: z.enum(["ok", "degraded"]),
		checks: z
			.object({
				database: checkSchema,
				broker: checkSchema,
				payments: checkSchema,
				redis: checkSchema,
				cameras: checkSchema,
			})
			.optional(),
	})
	.openapi("Health");

const serviceSchema = z.enum(["healthy", "unhealthy", "unknown", "off", "not_used"]);
const platformHealthSchema = z
	.object({
		status: z.enum(["healthy", "degraded", "unhealthy"]),
		timestamp: z.iso.datetime(),
		services: z.object({
			database: serviceSchema,
			redis: serviceSchema,
			mqtt: serviceSchema,
			paymentGateway: serviceSchema,
		}),
		devices: z.object({ online: z.int(), offline: z.int(), total: z.int() }),
	})
	.openapi("PlatformHealth");
const gatewayHealth = Object.freeze({ ok: "healthy", down: "unhealthy", off: "off", unknown: "unknown" } as const);
const devicesSchema = z.object({ online: z.int(), total: z.int() });

/**
 * `GET /health` and `GET /metrics`, without a login: they tell nothing about anybody. What the shops take and have is
 * told only to who knows `metricsToken`.
 */
export function healthRoutes(options: {
	database: Database;
	clock: Clock;
	broker: MessageBroker;
	gateways: Gateways;
	metrics: Metrics;
	metricsToken: string | undefined;
	/** Whether metrics are told at an address of their own, or nowhere, and here not. */
	metricsApart: boolean;
	log: Log;
}) {
	const { database, clock, broker, gateways, metrics, metricsToken, metricsApart, log } = options;
	async function databaseLives(): Promise<boolean> {
		try {
			await database.read("SELECT 1 FROM sale LIMIT 1");
			return true;
		} catch (error) {
			log({ level: "error", room: "cloud", event: "health.database", message: messageOf(error) });
			return false;
		}
	}

	async function countDevices(): Promise<z.infer<typeof devicesSchema>> {
		const [row] = await database.read(
			"SELECT COUNT(*) AS total, COUNT(*) FILTER (WHERE status = 'online') AS online FROM device WHERE status <> 'decommissioned'",
		);
		return devicesSchema.parse(row);
	}

	function paymentsCheck(): "ok" | "down" | "off" | "unknown" {
		const providers = gatewayNameSchema.options.flatMap((name) => gateways[name]?.provider ?? []);
		if (providers.length === 0) return "off";
		if (providers.some(({ reachable }) => reachable === false)) return "down";
		return providers.some(({ reachable }) => reachable === true) ? "ok" : "unknown";
	}

	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "get",
			path: "/health",
			summary: "Does it live",
			description: "deep=1 also looks at what it needs. Nothing outside is called for it. 503: it cannot work.",
			tag: "Operation",
			access: "anybody",
			query: z.object({ deep: z.enum(["0", "1"]).optional() }),
			data: healthSchema,
			problems: [503],
		},
		async ({ query }) => {
			if (query.deep !== "1") return { status: "ok" as const };
			const checks = {
				database: (await databaseLives()) ? ("ok" as const) : ("down" as const),
				broker: broker.connected ? ("ok" as const) : ("down" as const),
				payments: paymentsCheck(),
				redis: "not_used" as const,
				cameras: "not_used" as const,
			};
			if (checks.database === "down") {
				throw new Problem(503, "database_down", "The database cannot be read.", { status: "down", checks });
			}
			const degraded = checks.broker === "down" || checks.payments === "down";
			return { status: degraded ? ("degraded" as const) : ("ok" as const), checks };
		},
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/health",
			summary: "How the service and its devices are",
			description: "Answers also when it is unhealthy; nothing outside is called for it.",
			tag: "Operation",
			access: "anybody",
			data: platformHealthSchema,
		},
		async () => {
			const lives = await databaseLives();
			const payments = paymentsCheck();
			const devices = lives ? await countDevices() : { online: 0, total: 0 };
			const isDegraded = !broker.connected || payments === "down";
			return {
				status: lives ? (isDegraded ? ("degraded" as const) : ("healthy" as const)) : ("unhealthy" as const),
				timestamp: new Date(clock.now()).toISOString(),
				services: {
					database: lives ? ("healthy" as const) : ("unhealthy" as const),
					redis: "not_used" as const,
					mqtt: broker.connected ? ("healthy" as const) : ("unhealthy" as const),
					paymentGateway: gatewayHealth[payments],
				},
				devices: { ...devices, offline: devices.total - devices.online },
			};
		},
	);
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/metrics",
			summary: "Prometheus metrics",
			description:
				"Orders, revenue and stock are among them where METRICS_TOKEN is set and came as Bearer token. 404: they are told at METRICS_LISTEN.",
			tag: "Operation",
			access: "anybody",
			produces: ["text/plain"],
			problems: [401, 404],
		},
		async ({ context }) => {
			if (metricsApart) throw new Problem(404, "metrics_apart", "Metrics are told at an address of their own.");
			const given = context.req.header("authorization") ?? "";
			if (metricsToken !== undefined && !isSame(given, `Bearer ${metricsToken}`)) {
				const headers = { "www-authenticate": "Bearer" };
				throw new Problem(401, "unauthenticated", "Send METRICS_TOKEN as Bearer token.", {}, headers);
			}
			const text = await metrics.text({ withBusiness: metricsToken !== undefined });
			return context.text(text, 200, { "content-type": metrics.registry.contentType });
		},
	);
	return routes;
}

/** Compared in a time that does not tell where they differ. */
function isSame(given: string, wanted: string): boolean {
	const hash = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(hash(given), hash(wanted));
}
