import { z } from "zod";
import type { Reader } from "../db/database.ts";

const rowSchema = z.object({ id: z.string() });

/** The id of the tenant that people call `slug`. @throws Error when there is none */
export async function tenantBySlug(database: Reader, slug: string): Promise<string> {
	const [row] = await database.read("SELECT id FROM tenant WHERE slug = ?", [slug]);
	if (!row) throw new Error(`there is no tenant ${slug}`);
	return rowSchema.parse(row).id;
}
