import type { Reader } from "../db/database.ts";
import { Problem } from "../http/problem.ts";

/**
 * A shopper is a tenant's from the first purchase on; one that nobody knows yet may become anybody's.
 * @throws Problem 404 when it is another tenant's
 */
export async function mustBeOwnShopper(database: Reader, tenantId: string, shopperId: string): Promise<void> {
	const [row] = await database.read("SELECT 1 FROM shopper WHERE id = ? AND tenant_id <> ?", [shopperId, tenantId]);
	if (row) throw new Problem(404, "shopper_unknown", `There is no shopper ${shopperId}.`);
}
