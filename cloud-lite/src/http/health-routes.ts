import { createRoute, z } from "@hono/zod-openapi";
import type { Log } from "@visionvend/sdk/log";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import type { Database } from "../db/database.ts";
import type { PaymentProvider } from "../payments/payment-provider.ts";
import { createRoutes } from "./environment.ts";
import { messageOf } from "./error-message.ts";
import type { Metrics } from "./metrics.ts";

const checkSchema = z.enum(["ok", "down", "off", "unknown", "not_used"]);
const healthSchema = z
	.object({
		status: z.enum(["ok", "degraded", "down"]),
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
	const content = { "application/json": { schema: healthSchema } };
	const health = createRoute({
		method: "get",
		path: "/health",
		summary: "Does it live",
		description: "deep=1 also looks at what it needs. Nothing outside is called for it.",
		tags: ["Operation"],
		request: { query: z.object({ deep: z.enum(["0", "1"]).optional() }) },
		responses: {
			200: { description: "It lives", content },
			503: { description: "It cannot work", content },
		},
	});
	const metricsRoute = createRoute({
		method: "get",
		path: "/metrics",
		summary: "Prometheus metrics",
		tags: ["Operation"],
		responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
	});

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

	return createRoutes()
		.openapi(health, async (context) => {
			if (context.req.valid("query").deep !== "1") return context.json({ status: "ok" as const }, 200);
			const checks = {
				database: (await databaseLives()) ? ("ok" as const) : ("down" as const),
				broker: broker.connected ? ("ok" as const) : ("down" as const),
				payments: paymentsCheck(),
				redis: "not_used" as const,
				cameras: "not_used" as const,
			};
			if (checks.database === "down") return context.json({ status: "down" as const, checks }, 503);
			const degraded = checks.broker === "down" || checks.payments === "down";
			return context.json({ status: degraded ? ("degraded" as const) : ("ok" as const), checks }, 200);
		})
		.openapi(metricsRoute, async (context) => {
			return context.text(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType });
		});
}
