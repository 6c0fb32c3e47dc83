import { access, chmod, copyFile, rename, rm } from "node:fs/promises";
import { createClient } from "@libsql/client";
import { systemClock } from "@visionvend/sdk/clock";
import { databaseName, isRemote } from "../db/database.ts";
import { FileConnection } from "../db/file-connection.ts";
import { mustHaveNoLog } from "../db/log-beside.ts";
import { migrate } from "../db/migrate.ts";
import { messageOf } from "../http/error-message.ts";

/**
 * Writes a whole and consistent copy while the service goes on.
 * @throws Error when the file is there already, or cannot be written
 */
export async function backUp(databaseUrl: string, file: string, encryptionKey?: string): Promise<string> {
	refuseServer(databaseUrl);
	if (await isThere(file)) throw new Error(`${file} is there already; a backup writes over nothing`);
	const client = createClient({ ...encrypted(databaseUrl, encryptionKey), timeout: 5_000 });
	try {
		await client.execute({ sql: "VACUUM INTO ?", args: [file] });
	} finally {
		client.close();
	}
	// It holds the machines' secrets, as the original does.
	await chmod(file, 0o600);
	await checkWhole(file, encryptionKey);
	return `${file} holds everything up to now.`;
}

/**
 * Puts a backup in the place of a database that is not there.
 * @throws Error when there is a database, or the backup is damaged or of a newer version; nothing is changed then
 */
export async function restore(databaseUrl: string, file: string, encryptionKey?: string): Promise<string> {
	refuseServer(databaseUrl);
	const path = databaseName(databaseUrl).slice("file:".length);
	for (const name of [path, `${path}-wal`]) {
		if (await isThere(name)) throw new Error(`${name} is there; stop the service and move it away first`);
	}
	mustHaveNoLog(file);
	await checkWhole(file, encryptionKey);
	const beside = `${path}.restoring`;
	await copyFile(file, beside);
	await chmod(beside, 0o600);
	try {
		const file = new FileConnection(beside, { busyTimeoutMs: 0, encryptionKey });
		try {
			// Without a log beside it, that would have to move with it.
			file.query("PRAGMA journal_mode = DELETE", []);
			await migrate(
				{ read: (sql, args = []) => file.read(sql, args), write: (each) => file.commit(each) },
				systemClock,
			);
		} finally {
			file.close();
		}
	} catch (error) {
		await rm(beside, { force: true });
		throw error;
	}
	await rename(beside, path);
	return `${path} is what ${file} was, at this version's schema.`;
}

function refuseServer(databaseUrl: string): void {
	if (isRemote(databaseUrl)) {
		throw new Error(`${databaseName(databaseUrl)} is a server's; back it up and restore it there`);
	}
}

function encrypted(url: string, encryptionKey: string | undefined) {
	return { url, concurrency: 1, ...(encryptionKey === undefined ? {} : { encryptionKey }) };
}

async function checkWhole(file: string, encryptionKey: string | undefined): Promise<void> {
	const client = createClient(encrypted(`file:${file}`, encryptionKey));
	try {
		const found = (await client.execute("PRAGMA integrity_check")).rows[0]?.integrity_check;
		if (found !== "ok") throw new Error(String(found));
	} catch (error) {
		throw new Error(`${file} is no whole database: ${messageOf(error)}`, { cause: error });
	} finally {
		client.close();
	}
}

async function isThere(path: string): Promise<boolean> {
	try {
		await access(path);
		return true;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
		throw error;
	}
}
