import { type Cloud, openDatabase } from "@visionvend/cloud-lite";
import { newApiKey } from "../../cloud-lite/src/auth/api-key.ts";

/** An API key with which everything may be asked of a cloud, as its first admin would make one. */
export async function ownerKey(cloud: Cloud): Promise<string> {
	const [file] = await cloud.database.read("PRAGMA database_list");
	const key = newApiKey((byteLength) => new Uint8Array(byteLength).fill(7));
	const database = await openDatabase(`file:${String(file?.file)}`);
	await database.write([
		{
			sql: `INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, created_at_ms)
				VALUES (?, 'default', ?, 'owner', '["*:*"]', 0)`,
			args: [key.id, key.secretHash],
		},
	]);
	database.close();
	return key.text;
}
