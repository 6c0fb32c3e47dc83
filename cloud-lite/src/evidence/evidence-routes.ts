import { z } from "@hono/zod-openapi";
import { partNameSchema } from "@visionvend/sdk/protocol/evidence";
import { saleIdSchema } from "@visionvend/sdk/protocol/messages";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import type { SaleStore } from "../sales/sale-store.ts";
import { EvidenceError, type EvidenceFetcher } from "./evidence-fetcher.ts";

const evidenceSchema = z
	.object({
		orderId: z.string(),
		reportId: z.string(),
		decidedAt: z.iso.datetime(),
		sealedManifest: z
			.string()
			.openapi({ description: "As the Pi sealed it (JWS): names, lengths and SHA-256 of all parts" }),
		parts: z.array(
			z.object({
				name: partNameSchema.openapi({ example: "decision.json" }),
				mediaType: z.string().openapi({ example: "application/json" }),
				byteLength: z.int(),
				data: z.base64().openapi({ description: "Its bytes" }),
			}),
		),
	})
	.openapi("Evidence");

const problems = {
	absent: [409, "evidence_absent"],
	silent: [503, "machine_silent"],
	untrusted: [502, "evidence_untrusted"],
} as const;

/** What a sale was decided from, fetched from the machine while somebody waits for it. */
export function evidenceRoutes(options: { sales: SaleStore; evidence: EvidenceFetcher }) {
	const { sales, evidence } = options;
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/orders/{id}/evidence",
			summary: "What an order was decided from",
			description:
				"Fetched from the Pi of the machine, its seal and every part checked: weights, what cameras saw, pictures before and after, the decision with its reasons. The Pi keeps it for 30 days.",
			tag: "Orders",
			access: { permission: "orders:read" },
			// Every answer goes piece by piece over the machine's own line.
			rateLimit: { burst: 20, perMinute: 20 },
			params: z.object({ id: saleIdSchema }),
			problems: [409, 502, 503],
			data: evidenceSchema,
		},
		async ({ actor, params: { id } }) => {
			if (!(await sales.findOf(actor.tenantId, id)))
				throw new Problem(404, "order_unknown", `There is no order ${id}.`);
			const { manifest, sealedManifest, parts } = await evidence.fetch(id).catch((error: unknown) => {
				if (!(error instanceof EvidenceError)) throw error;
				const [status, code] = problems[error.kind];
				throw new Problem(status, code, error.message);
			});
			return {
				orderId: id,
				reportId: manifest.reportId,
				decidedAt: new Date(manifest.decidedAtMs).toISOString(),
				sealedManifest,
				parts: manifest.parts.map(({ name, mediaType, byteLength }) => ({
					name,
					mediaType,
					byteLength,
					data: Buffer.from(parts.get(name) ?? []).toString("base64"),
				})),
			};
		},
	);
	return routes;
}
