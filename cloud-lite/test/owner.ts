import { newApiKey } from "../src/auth/api-key.ts";
import { openDatabase } from "../src/db/database.ts";
import { countingRandom, type World } from "./world.ts";

const everything = ["*:read", "*:write", "*:manage"];

/** The key of a program of the world's tenant that may do everything, unless told otherwise. */
export async function ownerKeyOf(world: World, scopes: readonly string[] = everything): Promise<string> {
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
	return key.text;
}

/** How such a program asks. */
export async function ownerOf(world: World, scopes: readonly string[] = everything) {
	const key = await ownerKeyOf(world, scopes);
	return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
		world.request(method, path, body, { authorization: `Bearer ${key}`, ...headers });
}
