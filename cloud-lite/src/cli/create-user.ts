import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { z } from "zod";
import { tenantBySlug } from "../tenants/tenant-by-slug.ts";
import { newUserSchema } from "../users/user.ts";
import { UserStore } from "../users/user-store.ts";
import { withDatabase } from "./with-database.ts";

/**
 * Adds a person who can log in.
 * @returns what was done, for people
 * @throws Error when a value is wrong, the e-mail is taken or there is no such tenant
 */
export async function createUser(options: {
	readonly databaseUrl: string;
	readonly encryptionKey?: string | undefined;
	readonly email: string;
	readonly name: string;
	readonly password: string;
	readonly role: string;
	/** The slug of the tenant. */
	readonly tenant: string;
}): Promise<string> {
	const { databaseUrl, encryptionKey, email, name, password, role, tenant } = options;
	const parsed = newUserSchema.safeParse({ email, name, password, role });
	if (!parsed.success) throw new Error(`the user cannot be made:\n${z.prettifyError(parsed.error)}`);
	return withDatabase(
		databaseUrl,
		async (database) => {
			const tenantId = await tenantBySlug(database, tenant);
			const users = new UserStore({ database, clock: systemClock, random: systemRandom });
			const user = await users.add(tenantId, parsed.data);
			return `${user.name} <${user.email}> is ${user.role} of ${tenant}.`;
		},
		encryptionKey,
	);
}
