import { fractionDigits } from "@visionvend/sdk/catalog/money";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { soldLineColumns, soldLineOf } from "../reports/sales-report.ts";
import type { SheetLink } from "./sheet-link.ts";
import { rangeOf } from "./sheet-table.ts";
import type { Cell, SheetsClient } from "./sheets-client.ts";

/** The sheet that sales are written to, one row a line of a sale; only ever added to. */
const salesTitle = "Sales";
const titles: readonly Cell[] = [
	"Line",
	"Sold at",
	"Machine",
	"SKU",
	"Product",
	"Quantity",
	"Unit price",
	"Total",
	"Currency",
];
const mostAtOnce = 500;

const endSchema = z.object({ position: z.int().nullable() });

/**
 * Adds the sales that were paid since the last time. The first column names the line: what stands there already, because
 * an answer was lost after the work was done, is not added again.
 * @returns how many rows were added, and up to which line of the history
 */
export async function logSales(options: {
	database: Pick<Database, "read">;
	client: SheetsClient;
	link: SheetLink;
	/** Titles of the sheets that there are. */
	sheets: readonly string[];
}): Promise<{ readonly added: number; readonly position: number }> {
	const { database, client, link, sheets } = options;
	const { tenantId, spreadsheetId, salesPosition } = link;
	const [end] = await database.read(
		`SELECT MAX(id) AS position FROM (SELECT sale_event.id FROM sale_event JOIN sale ON sale.id = sale_id
			WHERE event = 'captured' AND tenant_id = ? AND sale_event.id > ? ORDER BY sale_event.id LIMIT ?)`,
		[tenantId, salesPosition, mostAtOnce],
	);
	const { position } = endSchema.parse(end);
	if (position === null) return { added: 0, position: salesPosition };
	const rows = await database.read(
		`SELECT ${soldLineColumns}
			FROM sale_event JOIN sale ON sale.id = sale_event.sale_id JOIN sale_line ON sale_line.sale_id = sale.id
				JOIN machine ON machine.id = sale.machine_id
			WHERE event = 'captured' AND sale.tenant_id = ? AND sale_event.id > ? AND sale_event.id <= ?
			ORDER BY sale_event.id, sku`,
		[tenantId, salesPosition, position],
	);
	if (!sheets.includes(salesTitle)) {
		await client.addSheet(spreadsheetId, salesTitle);
		await client.write(spreadsheetId, [{ range: rangeOf(salesTitle, "A1"), values: [titles] }]);
	}
	const [column = []] = await client.read(spreadsheetId, [rangeOf(salesTitle, "A:A")]);
	const standing = new Set(column.map(([cell]) => String(cell ?? "")));
	const values = rows
		.map(soldLineOf)
		.map((line) => ({ key: `${line.saleId}/${line.sku}`, line }))
		.filter(({ key }) => !standing.has(key))
		.map(({ key, line }) => {
			const { soldAtMs, machine, sku, product, quantity, unitPriceCents, currency } = line;
			const unit = 10 ** fractionDigits(currency);
			return [
				key,
				new Date(soldAtMs).toISOString(),
				machine,
				sku,
				product,
				quantity,
				unitPriceCents / unit,
				(unitPriceCents * quantity) / unit,
				currency.toUpperCase(),
			];
		});
	await client.append(spreadsheetId, rangeOf(salesTitle, "A1"), values);
	return { added: values.length, position };
}
