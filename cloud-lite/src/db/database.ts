import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient, LibsqlError } from "@libsql/client";
import { messageOf } from "../http/error-message.ts";
import { Writer } from "./writer.ts";

/** What a column of ours can hold. */
export type Value = string | number | null | Uint8Array;

/** One row as it was read; parse it with the schema of its table. */
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
	readonly sql: string;
	readonly args?: readonly Value[];
	/** What this statement checks, in words; it names the `GuardFailed` when the check fails. */
	readonly guard?: string;
}

/**
 * The store behind everything. All writes are batches, each one atomic and durable once its promise resolves; reads go
 * through a second connection and see what was committed.
 */
export interface Database {
	read(sql: string, args?: readonly Value[]): Promise<Row[]>;
	/**
	 * Commits all statements or none.
	 * @throws GuardFailed when a guard does not hold, UniqueViolation when a row exists already.
	 */
	write(statements: readonly Statement[]): Promise<void>;
	close(): void;
}

/** The statement before this one must have changed exactly one row, or the batch is rolled back. */
export function mustHaveChanged(guard: string): Statement {
	return { sql: "INSERT INTO must(ok) SELECT changes()", guard };
}

// Long enough for the command line to add a machine while the service runs; the wait blocks, so not longer.
const busyTimeoutMs = 2_000;

/**
 * `every-commit`: nothing that was acknowledged is lost, whatever happens. `process-crash`: a power cut may take the
 * last seconds; what is measured again a minute later does not need more.
 */
export type Durability = "every-commit" | "process-crash";

/**
 * Opens the file, creating it when absent.
 * @param url `file:` and a path; both connections must see the same file, so `:memory:` cannot work.
 * @param encryptionKey encrypts the file and its log (AES-256, SQLite3 Multiple Ciphers); a file keeps the key it began with.
 * @throws Error when the file cannot be opened, or cannot be made durable.
 */
export async function openDatabase(
	url: string,
	durability: Durability = "every-commit",
	encryptionKey?: string,
): Promise<Database> {
	if (!url.startsWith("file:") || url.includes(":memory:")) {
		throw new Error(
			`DATABASE_URL is ${JSON.stringify(url)}; this version stores in a local file: write file:./visionvend.db`,
		);
	}
	await createForOwnerOnly(url);
	// One connection each: a pragma set on a pool reaches one of its connections only, and two writing connections of one
	// process wait for each other without letting anything else run.
	const encryption = encryptionKey === undefined ? {} : { encryptionKey };
	const writing = createClient({ url, concurrency: 1, timeout: busyTimeoutMs, ...encryption });
	const reading = createClient({ url, concurrency: 1, timeout: busyTimeoutMs, ...encryption });
	const prepare = (client: Client): Promise<void> => makeDurable(client, durability);
	try {
		await prepare(writing);
		await reading.execute("PRAGMA query_only = ON");
	} catch (error) {
		writing.close();
		reading.close();
		throw error;
	}
	const writer = new Writer(writing, prepare);
	return {
		async read(sql, args = []) {
			const { columns, rows } = await reading.execute({ sql, args: [...args] });
			return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
		},
		write: (statements) => writer.write(statements),
		close() {
			writer.close();
			reading.close();
		},
	};
}

/** Machine secrets lie in the file; SQLite gives what it puts beside it the same mode. A file that is there stays as it is. */
async function createForOwnerOnly(url: string): Promise<void> {
	const [location = ""] = url.split("?");
	const path = location.startsWith("file://") ? fileURLToPath(location) : location.slice("file:".length);
	try {
		await (await open(path, "a", 0o600)).close();
	} catch (error) {
		throw new Error(
			`${path} cannot be opened: ${messageOf(error)}. Does its folder exist, and may this user write there?`,
			{ cause: error },
		);
	}
}

/**
 * WAL with synchronous=FULL is the cheapest mode in which a power cut loses no acknowledged commit; the defaults of
 * the client lose the last one. Pragmas other than journal_mode belong to the connection and are set on each opening.
 */
async function makeDurable(client: Client, durability: Durability): Promise<void> {
	const synchronous = durability === "every-commit" ? { name: "FULL", code: 2 } : { name: "NORMAL", code: 1 };
	await client.execute("PRAGMA journal_mode = WAL");
	await client.execute(`PRAGMA synchronous = ${synchronous.name}`);
	await client.execute("PRAGMA foreign_keys = ON");
	for (const [pragma, expected] of [
		["journal_mode", "wal"],
		["synchronous", synchronous.code],
		["foreign_keys", 1],
	] as const) {
		const found = (await client.execute(`PRAGMA ${pragma}`)).rows[0]?.[pragma];
		if (found !== expected) {
			throw new LibsqlError(
				`PRAGMA ${pragma} is ${String(found)} instead of ${expected}: this file system cannot keep sales; use a local disk`,
				"NOT_DURABLE",
			);
		}
	}
}
