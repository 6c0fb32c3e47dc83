import type { Clock } from "@visionvend/sdk/clock";
import { type Database, type Durability, openDatabase } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { telemetryMigrations } from "./telemetry-migrations.ts";

/** `file:visionvend.db` → `file:visionvend-telemetry.db`. A server's database has no beside: say where measurements go. */
export function beside(databaseUrl: string): string {
	const [, path = databaseUrl, query = ""] = /^(.*?)(\?.*)?$/.exec(databaseUrl) ?? [];
	return `${path.replace(/\.db$/, "")}-telemetry.db${query}`;
}

/** Opens the file of measurements, creating it when absent. */
export async function openTelemetry(
	url: string,
	ports: {
		readonly clock: Clock;
		readonly openDatabase?: ((url: string, durability?: Durability) => Promise<Database>) | undefined;
	},
): Promise<Database> {
	const telemetry = await (ports.openDatabase ?? openDatabase)(url, "process-crash");
	try {
		await migrate(telemetry, ports.clock, telemetryMigrations);
		return telemetry;
	} catch (error) {
		telemetry.close();
		throw error;
	}
}
