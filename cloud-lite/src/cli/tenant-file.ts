import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { tenantBySlug } from "../tenants/tenant-by-slug.ts";
import { exportTenant, importTenant } from "../tenants/tenant-file.ts";
import { withDatabase } from "./with-database.ts";

interface Place {
	readonly databaseUrl: string;
	readonly encryptionKey?: string | undefined;
	/** Of the tenant's file; plain where not given. */
	readonly fileKey?: string | undefined;
}

/**
 * Writes a tenant with its secrets into a file of its own, while the service runs.
 * @param options.tenant its slug
 * @throws Error when there is no such tenant, or the file is there already
 */
export function writeTenantFile(options: Place & { readonly tenant: string; readonly file: string }): Promise<string> {
	const { databaseUrl, encryptionKey, fileKey, tenant, file } = options;
	return withDatabase(
		databaseUrl,
		async (database) => {
			await exportTenant({
				database,
				clock: systemClock,
				random: systemRandom,
				tenantId: await tenantBySlug(database, tenant),
				path: file,
				secrets: "kept",
				encryptionKey: fileKey,
			});
			const guard = fileKey === undefined ? " It is not encrypted and has secrets: guard it." : "";
			return `${file} has everything of ${tenant}.${guard}`;
		},
		encryptionKey,
	);
}

/**
 * Takes the tenant of a file in, while the service runs.
 * @throws Error when the file does not fit, or something of it is here already; nothing is written then
 */
export function readTenantFile(options: Place & { readonly file: string }): Promise<string> {
	const { databaseUrl, encryptionKey, fileKey, file } = options;
	return withDatabase(
		databaseUrl,
		async (database) => {
			const taken = await importTenant({ database, clock: systemClock, path: file, encryptionKey: fileKey });
			return `${taken.name} (${taken.id}) is here now, with ${taken.rows} rows.`;
		},
		encryptionKey,
	);
}
