import { z } from "zod";
import type { Database } from "../db/database.ts";

const rowSchema = z.object({ currency: z.string() });

/** In what a tenant sells where nobody says otherwise: its setting, lower case. */
export async function currencyOf(database: Pick<Database, "read">, tenantId: string): Promise<string> {
	const [row] = await database.read(
		"SELECT LOWER(COALESCE(settings ->> '$.currency', 'usd')) AS currency FROM tenant WHERE id = ?",
		[tenantId],
	);
	return rowSchema.parse(row).currency;
}
