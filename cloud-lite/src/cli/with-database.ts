import { systemClock } from "@visionvend/sdk/clock";
import { systemRandom } from "@visionvend/sdk/random";
import { type Database, openDatabase } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { MachineRegistry } from "../machines/machine-registry.ts";

/** Opens the database, brings its schema up to date, and closes it afterwards; nothing is sent anywhere. */
export async function withDatabase<Result>(
	url: string,
	work: (database: Database, registry: MachineRegistry, migrated: number) => Promise<Result>,
	encryptionKey?: string,
): Promise<Result> {
	const database = await openDatabase(url, "every-commit", encryptionKey);
	try {
		const migrated = await migrate(database, systemClock);
		return await work(database, new MachineRegistry({ database, clock: systemClock, random: systemRandom }), migrated);
	} finally {
		database.close();
	}
}
