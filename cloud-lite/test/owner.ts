import { newApiKey } from "../src/auth/api-key.ts";
import { openDatabase } from "../src/db/database.ts";
import { countingRandom, type World } from "./world.ts";

/** A program of the world's tenant that may do everything; answers how it asks. */
export async function ownerOf(world: World, scopes: readonly string[] = ["*:read", "*:write", "*:manage"]) {
	const key = newApiKey(countingRandom(41));
	const database = await openDatabase(world.databaseUrl);
	await database.write([
		{
			sql: `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, created_at_ms)
				VALUES (?, 'default', ?, 'owner', ?, ?)`,
			args: [key.id, key.secretHash, JSON.stringify(scopes), world.clock.now()],
		},
	]);
	database.close();
	return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
		world.request(method, path, body, { authorization: `Bearer ${key.text}`, ...headers });
}
