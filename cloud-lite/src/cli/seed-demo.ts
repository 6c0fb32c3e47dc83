import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { ApiKeyStore } from "../api-keys/api-key-store.ts";
import { LocationStore } from "../locations/location-store.ts";
import { defaultTenantId } from "../tenants/tenant.ts";
import { currencyOf } from "../tenants/tenant-currency.ts";
import { UserStore } from "../users/user-store.ts";
import { withDatabase } from "./with-database.ts";

/** Everybody knows them; they are for a computer that nobody else reaches. */
const demoEmail = "admin@example.com";
const demoPassword = "Admin123!";

const demoProducts = [
	{ sku: "cola", name: "Cola", massMilligrams: 355_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 0 },
	{ sku: "chips", name: "Chips", massMilligrams: 70_000, toleranceMilligrams: 4_000, priceCents: 150, shelf: 1 },
];

/**
 * An admin, a location, a machine with two products and an API key, to try things with.
 * @returns what is there now, for people
 * @throws Error where `NODE_ENV` is production, or the demo is there already
 */
export async function seedDemo(
	databaseUrl: string,
	environment: Readonly<Record<string, string | undefined>>,
	encryptionKey?: string,
): Promise<string> {
	if (environment.NODE_ENV === "production") {
		throw new Error(
			"seed-demo makes an admin whose password everybody knows; it does nothing where NODE_ENV is production",
		);
	}
	return withDatabase(
		databaseUrl,
		async (database, registry) => {
			const ports = { database, clock: systemClock, random: systemRandom };
			const [there] = await database.read("SELECT id FROM user WHERE email = ?", [demoEmail]);
			if (there) throw new Error(`the demo is there already: log in as ${demoEmail}`);
			await registry.add({
				machineId: "demo-fridge",
				name: "Demo fridge",
				currency: await currencyOf(database, defaultTenantId),
				holdCents: 1_000,
				products: demoProducts,
			});
			const location = await new LocationStore(ports).add(defaultTenantId, {
				name: "Lobby",
				address: "",
				latitude: null,
				longitude: null,
				timeZone: "UTC",
			});
			await database.write([
				{ sql: "UPDATE machine SET location_id = ? WHERE id = 'demo-fridge'", args: [location.id] },
			]);
			const { key } = await new ApiKeyStore(ports).add(defaultTenantId, {
				name: "demo",
				permissions: ["*:read", "*:write"],
				machineId: null,
				expiresAtMs: null,
			});
			await new UserStore(ports).add(defaultTenantId, {
				email: demoEmail,
				name: "Demo admin",
				role: "admin",
				permissions: [],
				password: demoPassword,
			});
			return [
				`Log in as ${demoEmail} with ${demoPassword}`,
				`API key: ${key}`,
				"Machine: demo-fridge, with cola and chips",
			].join("\n");
		},
		encryptionKey,
	);
}
