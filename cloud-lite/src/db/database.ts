import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../http/error-message.ts";
import type { Reader, Row, Statement, Value } from "./connection.ts";
import { FileConnection } from "./file-connection.ts";
import { RemoteConnection } from "./remote-connection.ts";
import { Writer } from "./writer.ts";

export type { Reader, Row, Statement, Value };

/**
 * The store behind everything. All writes are batches, each one atomic and durable once its promise resolves; reads go
 * through a second connection and see what was committed.
 */
export interface Database extends Reader {
	/**
	 * Commits all statements or none.
	 * @throws GuardFailed when a guard does not hold, UniqueViolation when a row exists already.
	 */
	write(statements: readonly Statement[]): Promise<void>;
	/** All that `work` reads is of one moment, whatever is written meanwhile. */
	snapshot<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result>;
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

const remoteProtocols = ["libsql:", "http:", "https:", "ws:", "wss:"];

/** Whether a database is on a libsql server, such as `libsql://host?authToken=…`, and not in a file. */
export function isRemote(url: string): boolean {
	return remoteProtocols.some((protocol) => url.startsWith(`${protocol}//`));
}

/** How a database is called where people read it: without what stands behind `?`, which may be a password. */
export function databaseName(url: string): string {
	return url.split("?", 1)[0] ?? "";
}

/**
 * Opens the database. A file is made when absent. How durable a server's commits are is told to the server.
 * @param url `file:` and a path, or the URL of a libsql server; `:memory:` cannot work, since both connections must see
 * the same.
 * @param encryptionKey encrypts the file and its log (AES-256, SQLite3 Multiple Ciphers); a file keeps the key it began
 * with. Not for servers.
 * @throws Error when the database cannot be opened, or cannot be made durable.
 */
export async function openDatabase(
	url: string,
	durability: Durability = "every-commit",
	encryptionKey?: string,
): Promise<Database> {
	if (isRemote(url)) return openRemote(url, encryptionKey);
	if (!url.startsWith("file:") || url.includes(":memory:")) {
		throw new Error(
			`DATABASE_URL is ${JSON.stringify(databaseName(url))}; write file:./visionvend.db, or libsql://… for a server`,
		);
	}
	const path = pathOf(url);
	await createForOwnerOnly(path);
	const options = { busyTimeoutMs, encryptionKey };
	const writing = new FileConnection(path, options);
	const reading = new FileConnection(path, options);
	const close = (): void => {
		writing.close();
		reading.close();
	};
	try {
		makeDurable(writing, durability);
		reading.execute("PRAGMA query_only = ON");
	} catch (error) {
		close();
		throw error;
	}
	const writer = new Writer(writing);
	return {
		read: (sql, args = []) => reading.read(sql, args),
		write: (statements) => writer.write(statements),
		snapshot: (work) => reading.snapshot(work),
		close,
	};
}

async function openRemote(url: string, encryptionKey: string | undefined): Promise<Database> {
	if (encryptionKey !== undefined) {
		throw new Error(
			"DATABASE_ENCRYPTION_KEY is for files; tell the server of DATABASE_URL how to encrypt what it keeps",
		);
	}
	const connection = new RemoteConnection(url);
	try {
		const [row] = await connection.read("PRAGMA foreign_keys", []);
		if (row?.foreign_keys !== 1) throw new Error("it does not check foreign keys");
	} catch (error) {
		connection.close();
		throw new Error(`${databaseName(url)} cannot be used: ${messageOf(error)}`, { cause: error });
	}
	const writer = new Writer(connection);
	return {
		read: (sql, args = []) => connection.read(sql, args),
		write: (statements) => writer.write(statements),
		snapshot: (work) => connection.snapshot(work),
		close: () => connection.close(),
	};
}

/** @param url `file:` and a path, or a `file://` URL; what stands behind `?` is left out */
function pathOf(url: string): string {
	const [location = ""] = url.split("?");
	return location.startsWith("file://") ? fileURLToPath(location) : location.slice("file:".length);
}

/** Machine secrets lie in the file; SQLite gives what it puts beside it the same mode. A file that is there stays as it is. */
async function createForOwnerOnly(path: string): Promise<void> {
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
function makeDurable(connection: FileConnection, durability: Durability): void {
	const synchronous = durability === "every-commit" ? { name: "FULL", code: 2 } : { name: "NORMAL", code: 1 };
	connection.query("PRAGMA journal_mode = WAL", []);
	connection.execute(`PRAGMA synchronous = ${synchronous.name}`);
	connection.execute("PRAGMA foreign_keys = ON");
	if (durability === "process-crash") {
		// Much is written all over its index: pages stay in memory from one commit to the next, 32 MB of them, and go from
		// the log into the file once in 32 MB, not once in 4.
		connection.execute("PRAGMA cache_size = -32768");
		connection.execute("PRAGMA wal_autocheckpoint = 8192");
	}
	for (const [pragma, expected] of [
		["journal_mode", "wal"],
		["synchronous", synchronous.code],
		["foreign_keys", 1],
	] as const) {
		const found = connection.query(`PRAGMA ${pragma}`, [])[0]?.[pragma];
		if (found !== expected) {
			throw new Error(
				`PRAGMA ${pragma} is ${String(found)} instead of ${expected}: this file system cannot keep sales; use a local disk`,
			);
		}
	}
}
