import { z } from "@hono/zod-openapi";
import { CsvError, parse } from "csv-parse/sync";
import { codeSchema, nameSchema } from "./coffee-fields.ts";
import { type Material, type MaterialFields, materialUnits } from "./material-store.ts";

export const materialFieldsSchema = z.object({ code: codeSchema, name: nameSchema, unit: z.enum(materialUnits) });

/**
 * Reads a file of materials with the titles code, name and unit.
 * @param known the tenant's materials: amounts of them are counted already, so that their units stay
 */
export function readMaterialCsv(
	text: string,
	known: readonly Material[],
): {
	readonly rows: MaterialFields[];
	readonly errors: { row: number; message: string }[];
} {
	let records: unknown[];
	try {
		records = parse(text, { bom: true, trim: true, columns: true, skip_empty_lines: true });
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		return { rows: [], errors: [{ row: Number(error.lines ?? 1), message: `this is no CSV: ${error.message}` }] };
	}
	const units = new Map(known.map(({ code, unit }) => [code, unit]));
	const rows: MaterialFields[] = [];
	const errors: { row: number; message: string }[] = [];
	for (const [index, record] of records.entries()) {
		const parsed = materialFieldsSchema.safeParse(record);
		const row = index + 2;
		if (!parsed.success) {
			const message = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
			errors.push({ row, message });
		} else if (rows.some(({ code }) => code === parsed.data.code)) {
			errors.push({ row, message: `code: ${parsed.data.code} stands there twice` });
		} else if (units.has(parsed.data.code) && units.get(parsed.data.code) !== parsed.data.unit) {
			const { code } = parsed.data;
			errors.push({ row, message: `unit: ${code} is counted in ${units.get(code)}, which stays` });
		} else rows.push(parsed.data);
	}
	return { rows, errors };
}
