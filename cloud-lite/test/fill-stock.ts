import { openDatabase, type Statement } from "../src/db/database.ts";
import { moveStock } from "../src/inventory/stock-movement.ts";
import { defaultTenantId } from "../src/tenants/tenant.ts";
import { machineId, type World } from "./world.ts";

/** Writes statements about a product of the world's machine, behind the cloud's back. */
export async function writeProduct(
	world: World,
	sku: string,
	statements: (productId: string) => Statement[],
): Promise<void> {
	const database = await openDatabase(world.databaseUrl, "process-crash");
	const [row] = await database.read("SELECT id FROM product WHERE sku = ?", [sku]);
	await database.write(statements(String(row?.id)));
	database.close();
}

/** Somebody puts units of a product into the world's machine. */
export async function fillStock(world: World, sku: string, change: number): Promise<void> {
	await writeProduct(world, sku, (productId) =>
		moveStock({ tenantId: defaultTenantId, productId, machineId, change, reason: "restock", atMs: world.clock.now() }),
	);
}
