import { fractionDigits } from "@visionvend/sdk/catalog/money";
import { stringify } from "csv-stringify/sync";
import type { Grouping, SalesRow, SoldLine } from "./sales-report.ts";

/**
 * CSV (RFC 4180) that a spreadsheet shows as it is: a cell that a spreadsheet would take for a formula begins with `'`
 * (OWASP, CSV injection). The byte order mark tells Excel that the text is UTF-8.
 */
function csv(rows: readonly Readonly<Record<string, string | number>>[], columns: readonly string[]): string {
	return stringify([...rows], {
		header: true,
		columns: [...columns],
		bom: true,
		record_delimiter: "windows",
		escape_formulas: true,
	});
}

/** One row a group. */
export function reportCsv(rows: readonly SalesRow[], by: Grouping): string {
	return csv(
		rows.map(({ key, name, currency, sales, units, revenueCents }) => ({
			[by]: key,
			name,
			sales,
			units,
			revenue: decimal(revenueCents, currency),
			currency: currency.toUpperCase(),
		})),
		by === "day"
			? [by, "sales", "units", "revenue", "currency"]
			: [by, "name", "sales", "units", "revenue", "currency"],
	);
}

/** One row a line of a sale. */
export function linesCsv(lines: readonly SoldLine[]): string {
	return csv(
		lines.map(({ saleId, soldAtMs, machineId, machine, sku, product, quantity, unitPriceCents, currency }) => ({
			sold_at: new Date(soldAtMs).toISOString(),
			sale: saleId,
			machine: machineId,
			machine_name: machine,
			sku,
			product,
			quantity,
			unit_price: decimal(unitPriceCents, currency),
			total: decimal(unitPriceCents * quantity, currency),
			currency: currency.toUpperCase(),
		})),
		["sold_at", "sale", "machine", "machine_name", "sku", "product", "quantity", "unit_price", "total", "currency"],
	);
}

/** `2.50`: digits and a point, whatever the reader's language. */
function decimal(cents: number, currency: string): string {
	const digits = fractionDigits(currency);
	return (cents / 10 ** digits).toFixed(digits);
}
