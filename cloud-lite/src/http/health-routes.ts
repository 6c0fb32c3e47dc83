import { z } from "@hono/zod-openapi";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { Database } from "../db/database.ts";
import type { PaymentProvider } from "../payments/payment-provider.ts";
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

/** `GET /health` and `GET /metrics`, without a token: they tell nothing about anybody. */
export function healthRoutes(options: {
	database: Database;
	broker: MessageBroker;
	provider: PaymentProvider | undefined;
	metrics: Metrics;
	log: Log;
}) {
	const { database, broker, provider, metrics, log } = options;
	async function databaseLives(): Promise<boolean> {
		try {
			await database.read("SELECT 1 FROM sale LIMIT 1");
			return true;
		} catch (error) {
			log({ level: "error", room: "cloud", event: "health.database", message: messageOf(error) });
			return false;
		}
	}

	function paymentsCheck(): z.infer<typeof checkSchema> {
		if (!provider) return "off";
		if (provider.reachable === undefined) return "unknown";
		return provider.reachable ? "ok" : "down";
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
	defineRawRoute(
		routes,
		{
			method: "get",
			path: "/metrics",
			summary: "Prometheus metrics",
			tag: "Operation",
			access: "anybody",
			produces: ["text/plain"],
		},
		async ({ context }) =>
			context.text(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType }),
	);
	return routes;
}
