import { z } from "@hono/zod-openapi";
import { defineRoute } from "../http/define-route.ts";
import { createRoutes } from "../http/environment.ts";
import { Problem } from "../http/problem.ts";
import { currencyInputSchema } from "../inventory/product-fields.ts";
import type { SheetLinks } from "./sheet-link.ts";
import { type SheetSync, sheetsOff } from "./sheet-sync.ts";

const valueSchema = z.union([z.string(), z.number()]).nullable();
const changeSchema = z.object({
	key: z.string(),
	kind: z.enum(["add", "change"]),
	changes: z.array(z.object({ field: z.string(), from: valueSchema, to: valueSchema })),
});
const reportSchema = z
	.object({
		dryRun: z.boolean(),
		toUs: z.array(changeSchema).openapi({ description: "What the owner typed, for the catalogue" }),
		toSheet: z.array(changeSchema).openapi({ description: "What changed here, for the sheet" }),
		conflicts: z
			.array(
				z.object({ key: z.string(), field: z.string(), agreed: valueSchema, sheet: valueSchema, ours: valueSchema }),
			)
			.openapi({ description: "Changed on both sides; nothing is written until somebody chooses" }),
		goneFromSheet: z
			.array(z.string())
			.openapi({ description: "SKUs whose row was removed; no product is deleted for that" }),
		errors: z.array(z.object({ row: z.int(), column: z.string().nullable(), message: z.string() })),
		refused: z.array(z.object({ key: z.string(), message: z.string() })),
		salesAdded: z.int(),
	})
	.openapi("SheetSyncReport");
const linkSchema = z
	.object({
		serviceAccount: z.string().openapi({ description: "Share the spreadsheet with this address, as an editor" }),
		spreadsheetId: z.string().nullable(),
		currency: z.string().nullable(),
		enabled: z.boolean(),
		syncedAt: z.iso.datetime().nullable(),
		lastError: z.string().nullable(),
	})
	.openapi("SheetLink");
const settingsSchema = z.object({
	spreadsheet: z
		.string()
		.max(300)
		.openapi({ description: "The spreadsheet's address in the browser, or its id" })
		.transform((text) => /\/spreadsheets\/d\/([\w-]+)/.exec(text)?.[1] ?? text)
		.refine((id) => /^[\w-]{5,100}$/.test(id), "the address or the id of a Google spreadsheet"),
	currency: currencyInputSchema,
	enabled: z.boolean().default(true).openapi({ description: "Whether it is synchronised every five minutes" }),
});
const syncSchema = z
	.object({
		resolve: z
			.array(z.object({ key: z.string(), field: z.string(), winner: z.enum(["sheet", "ours"]) }))
			.max(1_000)
			.default([])
			.openapi({ description: "Who wins a conflict" }),
	})
	.prefault({});

/** `/api/v1/sheets`: a tenant's catalogue in a Google spreadsheet. */
export function sheetRoutes({ sync, links }: { sync: SheetSync; links: SheetLinks }) {
	const routes = createRoutes();
	const tag = "Sheets";
	const manage = { permission: "sheets:manage" } as const;

	async function view(tenantId: string): Promise<z.input<typeof linkSchema>> {
		const { email } = sync;
		if (email === undefined) throw sheetsOff();
		const link = await links.find(tenantId);
		return {
			serviceAccount: email,
			spreadsheetId: link?.spreadsheetId ?? null,
			currency: link?.currency ?? null,
			enabled: link?.enabled ?? false,
			syncedAt: link?.syncedAtMs ? new Date(link.syncedAtMs).toISOString() : null,
			lastError: link?.lastError ?? null,
		};
	}

	defineRoute(
		routes,
		{
			method: "get",
			path: "/api/v1/sheets/link",
			summary: "The spreadsheet that is connected, and whom to share it with",
			tag,
			access: { permission: "sheets:read" },
			data: linkSchema,
			problems: [503],
		},
		({ actor }) => view(actor.tenantId),
	);

	defineRoute(
		routes,
		{
			method: "put",
			path: "/api/v1/sheets/link",
			summary: "Connect a spreadsheet",
			tag,
			access: manage,
			body: settingsSchema,
			data: linkSchema,
			problems: [503],
		},
		async ({ actor, body: { spreadsheet, currency, enabled } }) => {
			if (sync.email === undefined) throw sheetsOff();
			await links.put(actor.tenantId, { spreadsheetId: spreadsheet, currency, enabled });
			sync.start();
			return view(actor.tenantId);
		},
	);

	defineRoute(
		routes,
		{
			method: "delete",
			path: "/api/v1/sheets/link",
			summary: "Disconnect the spreadsheet; it stays as it is",
			tag,
			access: manage,
			data: linkSchema,
			problems: [503],
		},
		async ({ actor }) => {
			await links.remove(actor.tenantId);
			return view(actor.tenantId);
		},
	);

	defineRoute(
		routes,
		{
			method: "post",
			path: "/api/v1/sheets/sync",
			summary: "Synchronise now, or see what it would do",
			tag,
			access: manage,
			query: z.object({ dry_run: z.enum(["true", "false"]).default("false") }),
			body: syncSchema,
			data: reportSchema,
			problems: [404, 409, 422, 503],
		},
		async ({ actor, query, body: { resolve } }) => {
			const duplicate = resolve.find(
				({ key, field }, index) => resolve.findIndex((other) => other.key === key && other.field === field) !== index,
			);
			if (duplicate) throw new Problem(400, "invalid_request", `${duplicate.key} ${duplicate.field} is decided twice.`);
			const report = await sync.sync(actor.tenantId, {
				dryRun: query.dry_run === "true",
				resolve: ({ key, field }) => resolve.find((choice) => choice.key === key && choice.field === field)?.winner,
			});
			const known = (value: string | number | undefined) => value ?? null;
			const changed = ({ key, kind, changes }: (typeof report.toUs)[number]) => ({
				key,
				kind,
				changes: changes.map(({ field, from, to }) => ({ field, from: known(from), to: known(to) })),
			});
			return {
				...report,
				toUs: report.toUs.map(changed),
				toSheet: report.toSheet.map(changed),
				conflicts: report.conflicts.map(({ key, field, agreed, sheet, ours }) => ({
					key,
					field,
					agreed: known(agreed),
					sheet: known(sheet),
					ours: known(ours),
				})),
				goneFromSheet: [...report.goneFromSheet],
				errors: report.errors.map(({ row, column, message }) => ({ row, column: column ?? null, message })),
				refused: [...report.refused],
			};
		},
	);
	return routes;
}
