import { z } from "@hono/zod-openapi";
import type { Database } from "../db/database.ts";
import { defineList, defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { listQuerySchema, readList } from "../http/list.ts";
import { Problem } from "../http/problem.ts";
import type { Chargebacks } from "./chargebacks.ts";
import type { Reconciliation } from "./reconciliation.ts";

const momentSchema = z.iso.datetime().nullable();
const findingSchema = z
	.object({
		id: z.int(),
		kind: z.string().openapi({ example: "payment_differs" }),
		subject: z.string().openapi({ description: "The sale, or the provider's line where no sale is known" }),
		expectedCents: z.int().openapi({ description: "What our ledger says" }),
		foundCents: z.int().openapi({ description: "What the provider's books say" }),
		openedAt: z.iso.datetime(),
		closedAt: momentSchema,
	})
	.openapi("Finding");
const findingRowSchema = z.object({
	id: z.int(),
	kind: z.string(),
	subject: z.string(),
	expected_cents: z.int(),
	found_cents: z.int(),
	opened_at_ms: z.int(),
	closed_at_ms: z.int().nullable(),
});

const chargebackSchema = z
	.object({
		id: z.string(),
		orderId: z.string(),
		reason: z.string(),
		status: z.string(),
		withdrawnCents: z.int(),
		submission: z.enum(["none", "wanted", "done"]),
		evidenceDueAt: momentSchema,
		openedAt: z.iso.datetime(),
		closedAt: momentSchema,
	})
	.openapi("Chargeback");
const chargebackRowSchema = z.object({
	id: z.string(),
	sale_id: z.string(),
	reason: z.string(),
	status: z.string(),
	withdrawn_cents: z.int(),
	submission: z.enum(["none", "wanted", "done"]),
	evidence_due_at_ms: z.int().nullable(),
	opened_at_ms: z.int(),
	closed_at_ms: z.int().nullable(),
});
const chargebackColumns = `chargeback.id, sale_id, reason, chargeback.status, withdrawn_cents, submission,
	evidence_due_at_ms, opened_at_ms, closed_at_ms`;

/** What the provider's books say beside ours, and what card holders' banks take back. */
export function bookRoutes(options: { database: Database; reconciliation: Reconciliation; chargebacks: Chargebacks }) {
	const { database, reconciliation, chargebacks } = options;
	const routes = createRoutes();

	// The account at the provider is the installation's, so its books are for who runs the installation.
	defineList(
		routes,
		{
			path: "/api/v1/reconciliation/findings",
			summary: "What does not fit between ledger and provider",
			tag: "Payments",
			access: { permission: "reconciliation:platform" },
			query: listQuerySchema.extend({ open: z.enum(["true", "false"]).default("true") }),
			item: findingSchema,
		},
		({ query }) =>
			readList(
				database,
				{
					sql: "SELECT * FROM finding WHERE (?1 = 'false' OR closed_at_ms IS NULL)",
					args: [query.open],
					key: ["id"],
				},
				query,
				(row) => {
					const finding = findingRowSchema.parse(row);
					return {
						id: finding.id,
						kind: finding.kind,
						subject: finding.subject,
						expectedCents: finding.expected_cents,
						foundCents: finding.found_cents,
						openedAt: new Date(finding.opened_at_ms).toISOString(),
						closedAt: moment(finding.closed_at_ms),
					};
				},
			),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/reconciliation/runs",
			summary: "Compare ledger and provider now",
			description: "It happens every night at 03:00 UTC by itself.",
			tag: "Payments",
			access: { permission: "reconciliation:platform" },
			problems: [503],
			data: z.object({ findings: z.int() }),
		},
		async () => {
			const result = await reconciliation.run();
			if ("findings" in result) return { findings: result.findings.length };
			throw new Problem(503, "books_unreadable", `The provider's books cannot be read now: ${result.unreadable}.`);
		},
	);

	defineList(
		routes,
		{
			path: "/api/v1/chargebacks",
			aliases: ["/api/v1/disputes"],
			summary: "Payments that card holders' banks question",
			tag: "Payments",
			access: { permission: "orders:read" },
			query: listQuerySchema,
			item: chargebackSchema,
		},
		({ actor, query }) =>
			readList(
				database,
				{
					sql: `SELECT ${chargebackColumns} FROM chargeback JOIN sale ON sale.id = sale_id WHERE tenant_id = ?`,
					args: [actor.tenantId],
					key: ["opened_at_ms", "id"],
				},
				query,
				chargebackOf,
			),
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/chargebacks/{id}/submit",
			aliases: ["/api/v1/disputes/{id}/submit"],
			summary: "Hand in the evidence of a chargeback",
			description: "What was recorded of the sale when the bank asked. It can be handed in once.",
			tag: "Payments",
			access: { permission: "orders:write" },
			params: z.object({ id: z.string().max(255) }),
			status: 202,
			problems: [409],
			data: chargebackSchema,
		},
		async ({ actor, params: { id } }) => {
			const read = async () => {
				const [row] = await database.read(
					`SELECT ${chargebackColumns} FROM chargeback JOIN sale ON sale.id = sale_id
						WHERE tenant_id = ? AND chargeback.id = ?`,
					[actor.tenantId, id],
				);
				if (!row) throw new Problem(404, "chargeback_unknown", `There is no chargeback ${id}.`);
				return chargebackOf(row);
			};
			const { submission, closedAt } = await read();
			if (submission !== "none" || closedAt !== null) {
				throw new Problem(409, "evidence_handed_in", "The evidence is handed in already, or the bank has decided.");
			}
			await database.write([
				{ sql: "UPDATE chargeback SET submission = 'wanted' WHERE id = ? AND submission = 'none'", args: [id] },
			]);
			chargebacks.kick();
			return read();
		},
	);
	return routes;
}

function chargebackOf(row: unknown): z.input<typeof chargebackSchema> {
	const columns = chargebackRowSchema.parse(row);
	return {
		id: columns.id,
		orderId: columns.sale_id,
		reason: columns.reason,
		status: columns.status,
		withdrawnCents: columns.withdrawn_cents,
		submission: columns.submission,
		evidenceDueAt: moment(columns.evidence_due_at_ms),
		openedAt: new Date(columns.opened_at_ms).toISOString(),
		closedAt: moment(columns.closed_at_ms),
	};
}

function moment(atMs: number | null): string | null {
	return atMs === null ? null : new Date(atMs).toISOString();
}
