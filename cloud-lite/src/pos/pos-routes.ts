import { z } from "@hono/zod-openapi";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { decimalOf } from "../inventory/product.ts";
import type { ProductDetection } from "./detect-products.ts";
import type { Bill, PosService } from "./pos-service.ts";
import type { ScanItem, ScanSession } from "./scan-session.ts";

const sessionSchema = z
	.object({
		id: z.string(),
		status: z.enum(["active", "completed"]),
		check_in_time: z.iso.datetime(),
		check_out_time: z.iso.datetime().nullable(),
		total_amount: z.number(),
		currency: z.string().nullable().openapi({ description: "Of the first item; null before" }),
		created_at: z.iso.datetime(),
	})
	.openapi("ScanSession");
const confidence = z.number().min(0).max(1);
const itemSchema = z
	.object({
		id: z.string(),
		session_id: z.string(),
		inventory_id: z.string().nullable().openapi({ description: "null: matches nothing, and a person has to say" }),
		sku: z.string().nullable(),
		name: z.string().nullable(),
		detected_name: z.string(),
		matched_by: z.enum(["sku", "name", "alias", "fuzzy", "person"]).nullable(),
		confidence,
		quantity: z.int(),
		unit_price: z.number().nullable(),
		first_seen: z.iso.datetime(),
		created_at: z.iso.datetime(),
	})
	.openapi("ScanItem");
const billSchema = z
	.object({
		session_id: z.string(),
		items: z.array(
			z.object({
				inventory_id: z.string(),
				sku: z.string(),
				name: z.string(),
				quantity: z.int(),
				unit_price: z.number(),
				line_total: z.number(),
			}),
		),
		total: z.number(),
		total_cents: z.int(),
		currency: z.string(),
	})
	.openapi("Bill");
const detectionSchema = z.object({
	results: z.array(
		z.object({
			inventory_id: z.string().nullable(),
			name: z.string(),
			sku: z.string().nullable(),
			confidence,
			quantity: z.int(),
			matched_from: z.string().openapi({ description: "What the detector called it" }),
		}),
	),
	processing_time_ms: z.int(),
	model_used: z.string(),
});

const id = z.string().min(1).max(64);
const sessionParams = z.object({ id });
const itemParams = z.object({ id, item_id: id });
const tag = "Counter";
const read = { permission: "sessions:read", device: true } as const;
const write = { permission: "sessions:write", device: true } as const;
// A picture of 6 MB in base64.
const largestPictureBody = 8 * 1024 * 1024;

/** The counter: sessions, scans and the bill, in the fields of the first API. */
export function posRoutes(pos: PosService, detection: ProductDetection) {
	const routes = createRoutes();
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sessions/start",
			aliases: ["/sessions/start"],
			summary: "Begin to scan",
			tag,
			access: write,
			status: 201,
			data: sessionSchema,
		},
		async ({ actor }) => sessionView(await pos.start(actor.tenantId)),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/sessions/{id}",
			aliases: ["/sessions/{id}"],
			summary: "One session",
			tag,
			access: read,
			params: sessionParams,
			data: sessionSchema,
		},
		async ({ actor, params }) => sessionView(await pos.session(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sessions/{id}/end",
			aliases: ["/sessions/{id}/end"],
			summary: "End without a bill",
			tag,
			access: write,
			params: sessionParams,
			problems: [409],
			data: sessionSchema,
		},
		async ({ actor, params }) => sessionView(await pos.end(actor.tenantId, params.id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sessions/{id}/scan",
			aliases: ["/sessions/{id}/scan"],
			summary: "Something was seen",
			description:
				"The name is matched by SKU, name, alias, then likeness. The same product again raises its quantity.",
			tag,
			access: write,
			params: sessionParams,
			body: z.object({ detected_name: trimmedText(200), confidence }),
			problems: [409],
			data: itemSchema,
		},
		async ({ actor, params, body }) =>
			itemView(await pos.scan(actor.tenantId, params.id, body.detected_name, body.confidence)),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/sessions/{id}/items",
			aliases: ["/sessions/{id}/items"],
			summary: "What was scanned",
			tag,
			access: read,
			params: sessionParams,
			data: z.array(itemSchema),
		},
		async ({ actor, params }) => (await pos.items(actor.tenantId, params.id)).map(itemView),
	);
	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/sessions/{id}/items/{item_id}",
			aliases: ["/sessions/{id}/items/{item_id}"],
			summary: "Say what an unmatched item is",
			tag,
			access: write,
			params: itemParams,
			body: z.object({ inventory_id: id }),
			problems: [409],
			data: itemSchema,
		},
		async ({ actor, params, body }) =>
			itemView(await pos.assign(actor.tenantId, params.id, params.item_id, body.inventory_id)),
	);
	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/sessions/{id}/items/{item_id}",
			aliases: ["/sessions/{id}/items/{item_id}"],
			summary: "Take an item off the bill",
			tag,
			access: write,
			params: itemParams,
			problems: [409],
			data: itemSchema,
		},
		async ({ actor, params }) => itemView(await pos.remove(actor.tenantId, params.id, params.item_id)),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sessions/{id}/scan/detect-from-image",
			aliases: ["/sessions/{id}/scan/detect-from-image"],
			summary: "What is in a picture",
			description: "Candidates for a person to pick, the surest first; nothing is added to the session.",
			tag,
			access: write,
			params: sessionParams,
			body: z.object({
				image_base64: z.string().min(1).openapi({ description: "JPEG, PNG or WebP in base64, or as a data URL" }),
			}),
			largestBody: largestPictureBody,
			problems: [409, 502, 503],
			data: detectionSchema,
		},
		async ({ actor, params, body }) => {
			const { candidates, durationMs, model } = await detection.detect(actor.tenantId, params.id, body.image_base64);
			return {
				results: candidates.map(({ product, detectedName, confidence: sure, quantity }) => ({
					inventory_id: product?.id ?? null,
					name: product?.name ?? detectedName,
					sku: product?.sku ?? null,
					confidence: sure,
					quantity,
					matched_from: detectedName,
				})),
				processing_time_ms: durationMs,
				model_used: model,
			};
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/checkout/{session_id}",
			aliases: ["/checkout/{session_id}"],
			summary: "Make the bill",
			description: "Everything must be matched and there. The goods leave the store's stock in the same commit.",
			tag,
			access: write,
			params: z.object({ session_id: id }),
			problems: [409],
			data: billSchema,
		},
		async ({ actor, params }) => billView(await pos.checkout(actor.tenantId, params.session_id)),
	);
	return routes;
}

function sessionView(session: ScanSession): z.input<typeof sessionSchema> {
	const { id: sessionId, status, checkedInAtMs, checkedOutAtMs, totalCents, currency } = session;
	const begun = new Date(checkedInAtMs).toISOString();
	return {
		id: sessionId,
		status,
		check_in_time: begun,
		check_out_time: checkedOutAtMs === null ? null : new Date(checkedOutAtMs).toISOString(),
		total_amount: currency === null ? 0 : decimalOf(totalCents, currency),
		currency,
		created_at: begun,
	};
}

function itemView(item: ScanItem): z.input<typeof itemSchema> {
	const { product, unitPriceCents } = item;
	return {
		id: item.id,
		session_id: item.sessionId,
		inventory_id: product?.id ?? null,
		sku: product?.sku ?? null,
		name: product?.name ?? null,
		detected_name: item.detectedName,
		matched_by: item.matchedBy,
		confidence: item.confidence,
		quantity: item.quantity,
		unit_price: product === null || unitPriceCents === null ? null : decimalOf(unitPriceCents, product.currency),
		first_seen: new Date(item.firstSeenAtMs).toISOString(),
		created_at: new Date(item.createdAtMs).toISOString(),
	};
}

function billView({ sessionId, lines, totalCents, currency }: Bill): z.input<typeof billSchema> {
	return {
		session_id: sessionId,
		items: lines.map(({ product, quantity, unitPriceCents }) => ({
			inventory_id: product.id,
			sku: product.sku,
			name: product.name,
			quantity,
			unit_price: decimalOf(unitPriceCents, currency),
			line_total: decimalOf(unitPriceCents * quantity, currency),
		})),
		total: decimalOf(totalCents, currency),
		total_cents: totalCents,
		currency,
	};
}
