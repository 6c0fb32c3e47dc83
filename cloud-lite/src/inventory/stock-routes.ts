import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { machineIdSchema } from "@visionvend/sdk/protocol/messages";
import { actorName } from "../auth/actor.ts";
import type { Database, Row } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { daysLeft, forecastDays } from "./days-left.ts";
import { movementReasons } from "./stock-movement.ts";
import type { StockService } from "./stock-service.ts";

const dayMs = 86_400_000;
const nullable = z.string().nullable();

const levelSchema = z
	.object({
		productId: z.string(),
		sku: z.string(),
		name: z.string(),
		machineId: nullable.openapi({ description: "null: the store" }),
		quantity: z.int().openapi({ description: "Below zero: more was sold than was ever counted in" }),
		reserved: z.int().openapi({ description: "Promised to somebody" }),
		available: z.int(),
		lowAt: z.int().nullable(),
		low: z.boolean(),
		par: z.int().nullable(),
		soldUnits: z.int().openapi({ description: `In the last ${forecastDays} days` }),
		daysLeft: z.number().nullable().openapi({ description: "If it goes on selling like that; null: nobody can tell" }),
		countedAt: z.iso.datetime().nullable().openapi({ description: "null: nobody ever counted or filled" }),
	})
	.openapi("StockLevel");
const levelRowSchema = z.object({
	product_id: z.string(),
	sku: z.string(),
	name: z.string(),
	machine_id: nullable,
	quantity: z.int(),
	reserved: z.int(),
	low_at: z.int().nullable(),
	par: z.int().nullable(),
	sold: z.int(),
	first_at_ms: z.int().nullable(),
	counted_at_ms: z.int().nullable(),
});

const movementSchema = z
	.object({
		id: z.int(),
		productId: z.string(),
		machineId: nullable,
		change: z.int(),
		reason: z.enum(movementReasons),
		saleId: nullable,
		sessionId: nullable,
		actor: z.string(),
		note: z.string(),
		at: z.iso.datetime(),
	})
	.openapi("StockMovement");
const movementRowSchema = z.object({
	id: z.int(),
	product_id: z.string(),
	machine_id: nullable,
	change_quantity: z.int(),
	reason: z.enum(movementReasons),
	sale_id: nullable,
	session_id: nullable,
	actor: z.string(),
	note: z.string(),
	at_ms: z.int(),
});

const eventSchema = z.object({
	id: z.int(),
	kind: z.enum(["low", "filled"]),
	productId: z.string(),
	machineId: nullable,
	quantity: z.int(),
	lowAt: z.int(),
	at: z.iso.datetime(),
});
const eventRowSchema = z.object({
	id: z.int(),
	kind: z.enum(["low", "filled"]),
	product_id: z.string(),
	machine_id: nullable,
	quantity: z.int(),
	low_at: z.int(),
	at_ms: z.int(),
});

const units = z.int().min(1).max(1_000_000);
const place = {
	productId: z.string().min(1).max(64),
	machineId: machineIdSchema.nullable().default(null).openapi({ description: "null: the store" }),
};
const note = z.string().trim().max(200).default("");
const changeSchema = z.discriminatedUnion("reason", [
	z.object({ reason: z.literal("count"), ...place, counted: z.int().min(0).max(1_000_000), note }),
	z.object({
		reason: z.enum(["restock", "return"]),
		...place,
		change: units.openapi({ description: "Units that came" }),
		note,
	}),
	z.object({
		reason: z.literal("waste"),
		...place,
		change: z.int().min(-1_000_000).max(-1).openapi({ description: "Units that went, as a negative number" }),
		note,
	}),
	z.object({
		reason: z.enum(["adjust", "transfer"]),
		...place,
		change: z
			.int()
			.min(-1_000_000)
			.max(1_000_000)
			.refine((change) => change !== 0, "0 changes nothing"),
		note,
	}),
]);

const date = z.iso.date().openapi({ example: "2026-12-31" });
const lotSchema = z
	.object({
		id: z.string(),
		productId: z.string(),
		machineId: nullable,
		code: z.string(),
		expiresOn: date,
		quantity: z.int().openapi({ description: "Units that came" }),
		left: z.int().openapi({ description: "Units that should be left: those that expire first count as sold first" }),
	})
	.openapi("Lot");

const tag = "Stock";

/** `/api/v1/stock` and `/api/v1/lots`: what is where, how it came and went, and how long it lasts. */
export function stockRoutes(database: Pick<Database, "read">, clock: Clock, stock: StockService) {
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/stock",
			summary: "What is where, and how long it lasts",
			tag,
			access: { permission: "stock:read", device: true },
			query: listQuerySchema.extend({
				machine_id: machineIdSchema.optional(),
				place: z.enum(["store", "machines"]).optional(),
				low: z.literal("true").optional().openapi({ description: "Only what is low" }),
			}),
			item: levelSchema,
		},
		({ actor, query }) => {
			const nowMs = clock.now();
			// A device sees its own machine.
			const machineId = actor.kind === "device" ? actor.machineId : (query.machine_id ?? null);
			return readList(
				database,
				{
					sql: `SELECT stock.*, product.sku, product.name, stock_limit.low_at, COALESCE(slot.par, slot.capacity) AS par,
							COALESCE((SELECT -SUM(change_quantity) FROM movement WHERE movement.product_id = stock.product_id
								AND movement.machine_id IS stock.machine_id AND reason = 'sale' AND at_ms > ?4), 0) AS sold,
							(SELECT MIN(at_ms) FROM movement WHERE movement.product_id = stock.product_id
								AND movement.machine_id IS stock.machine_id) AS first_at_ms
						FROM stock
							JOIN product ON product.id = stock.product_id
							JOIN stock_limit ON stock_limit.stock_id = stock.id
							LEFT JOIN planogram ON planogram.machine_id = stock.machine_id AND planogram.state = 'active'
							LEFT JOIN slot ON slot.planogram_id = planogram.id AND slot.product_id = stock.product_id
						WHERE stock.tenant_id = ?1 AND (?2 IS NULL OR stock.machine_id = ?2)
							AND (?3 IS NULL OR (?3 = 'store') = (stock.machine_id IS NULL))
							AND (?5 IS NULL OR stock.quantity - stock.reserved <= stock_limit.low_at)`,
					args: [
						actor.tenantId,
						machineId,
						query.place ?? null,
						nowMs - forecastDays * dayMs,
						query.low === undefined ? null : 1,
					],
					key: ["sku", "id"],
					direction: "asc",
				},
				query,
				(row) => levelView(row, nowMs),
			);
		},
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/stock/movements",
			summary: "Count, restock, waste, adjust: many at once",
			description: "All in one commit, or none. What goes must be there.",
			tag,
			access: { permission: "stock:write" },
			body: z.object({ movements: z.array(changeSchema).min(1).max(500) }),
			status: 201,
			problems: [404, 409],
			data: z.object({ written: z.int() }),
		},
		async ({ actor, body }) => {
			await stock.change(actor.tenantId, body.movements, actorName(actor));
			return { written: body.movements.length };
		},
	);
	defineList(
		routes,
		{
			path: "/api/v1/stock/movements",
			summary: "How goods came and went, the newest first",
			tag,
			access: { permission: "stock:read" },
			query: listQuerySchema.extend({
				product_id: z.string().max(64).optional(),
				machine_id: machineIdSchema.optional(),
				reason: z.enum(movementReasons).optional(),
			}),
			item: movementSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT * FROM movement WHERE tenant_id = ?1 AND (?2 IS NULL OR product_id = ?2)
						AND (?3 IS NULL OR machine_id = ?3) AND (?4 IS NULL OR reason = ?4)`,
					args: [actor.tenantId, query.product_id ?? null, query.machine_id ?? null, query.reason ?? null],
					key: ["id"],
				},
				query,
				movementView,
			),
	);
	defineList(
		routes,
		{
			path: "/api/v1/stock/events",
			summary: "What became low or was filled, the newest first",
			tag,
			access: { permission: "stock:read" },
			query: listQuerySchema,
			item: eventSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{ sql: "SELECT * FROM stock_event WHERE tenant_id = ?", args: [actor.tenantId], key: ["id"] },
				query,
				(row) => {
					const { product_id, machine_id, low_at, at_ms, ...event } = eventRowSchema.parse(row);
					return {
						...event,
						productId: product_id,
						machineId: machine_id,
						lowAt: low_at,
						at: new Date(at_ms).toISOString(),
					};
				},
			),
	);
	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/lots",
			summary: "Lots of which something should be left, by expiry",
			tag,
			access: { permission: "stock:read" },
			query: z.object({ expires_by: date.optional() }),
			data: z.array(lotSchema),
		},
		({ actor, query }) => stock.lots(actor.tenantId, query.expires_by),
	);
	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/lots",
			summary: "A lot has come",
			description: "Its units are added to the stock of the place.",
			tag,
			access: { permission: "stock:write" },
			body: z.object({ ...place, code: trimmedText(64), expiresOn: date, quantity: units }),
			status: 201,
			problems: [404],
			data: z.object({ id: z.string() }),
		},
		async ({ actor, body }) => ({ id: await stock.addLot(actor.tenantId, body, actorName(actor)) }),
	);
	return routes;
}

function levelView(row: Row, nowMs: number): z.input<typeof levelSchema> {
	const columns = levelRowSchema.parse(row);
	const available = columns.quantity - columns.reserved;
	const soldForDays = columns.first_at_ms === null ? 0 : (nowMs - columns.first_at_ms) / dayMs;
	const left = daysLeft(available, columns.sold, Math.min(forecastDays, soldForDays));
	return {
		productId: columns.product_id,
		sku: columns.sku,
		name: columns.name,
		machineId: columns.machine_id,
		quantity: columns.quantity,
		reserved: columns.reserved,
		available,
		lowAt: columns.low_at,
		low: columns.low_at !== null && available <= columns.low_at,
		par: columns.par,
		soldUnits: columns.sold,
		daysLeft: left === undefined ? null : Math.round(left * 10) / 10,
		countedAt: columns.counted_at_ms === null ? null : new Date(columns.counted_at_ms).toISOString(),
	};
}

function movementView(row: Row): z.input<typeof movementSchema> {
	const { product_id, machine_id, change_quantity, sale_id, session_id, at_ms, ...movement } =
		movementRowSchema.parse(row);
	return {
		...movement,
		productId: product_id,
		machineId: machine_id,
		change: change_quantity,
		saleId: sale_id,
		sessionId: session_id,
		at: new Date(at_ms).toISOString(),
	};
}
