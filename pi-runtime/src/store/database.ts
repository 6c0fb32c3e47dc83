import { type Client, createClient, type InStatement, type ResultSet } from "@libsql/client/sqlite3";
import { errorText } from "../error-text.ts";
import { migrations } from "./migrations.ts";

/** What the store needs of a database: atomic writes that are durable when they return, and reads. */
export interface Database {
	/** All statements or none. On the disk when it resolves. */
	write(statements: InStatement[]): Promise<ResultSet[]>;
	read(statement: InStatement): Promise<ResultSet>;
	close(): void;
}

/** How long a statement waits for another process that holds the file. The wait blocks, so it is short. */
const busyTimeoutMs = 2_000;

/**
 * Opens the SQLite file at `url` (`file:…`), brings its tables up to date and checks that a commit survives a power cut:
 * that needs `journal_mode=WAL` and `synchronous=FULL` (https://sqlite.org/pragma.html#pragma_synchronous).
 * Throws an `Error` for people when the file cannot give that.
 */
export async function openDatabase(url: string): Promise<Database> {
	if (!url.startsWith("file:") || url.includes(":memory:")) {
		throw new Error(
			`The store at "${url}" would not survive a restart. Set databaseUrl to a file, for example "file:/var/lib/visionvend/pi.db".`,
		);
	}
	// One connection: pragmas are a connection's own, and the client's pool would open others without them.
	const client = openClient(url);
	try {
		await prepareConnection(client, url);
		await migrate(client, url);
	} catch (error) {
		client.close();
		throw error;
	}
	return new LibsqlDatabase(client, url);
}

class LibsqlDatabase implements Database {
	readonly #client: Client;
	readonly #url: string;
	/** After a failed write the connection may hold a statement open, and nothing it writes is committed any more. */
	#suspect = false;

	constructor(client: Client, url: string) {
		this.#client = client;
		this.#url = url;
	}

	async write(statements: InStatement[]): Promise<ResultSet[]> {
		await this.#heal();
		try {
			return await this.#client.batch(statements, "write");
		} catch (error) {
			this.#suspect = true;
			throw error;
		}
	}

	async read(statement: InStatement): Promise<ResultSet> {
		await this.#heal();
		return this.#client.execute(statement);
	}

	close(): void {
		this.#client.close();
	}

	async #heal(): Promise<void> {
		if (!this.#suspect || this.#client.closed) return;
		await this.#client.reconnect();
		await prepareConnection(this.#client, this.#url);
		this.#suspect = false;
	}
}

function openClient(url: string): Client {
	try {
		return createClient({ url, concurrency: 1, timeout: busyTimeoutMs });
	} catch (error) {
		throw new Error(
			`The store at "${url}" cannot be opened: ${errorText(error)}. Check that its folder exists and that this user may write there.`,
			{ cause: error },
		);
	}
}

/** Sets and checks what holds for one connection only. */
async function prepareConnection(client: Client, url: string): Promise<void> {
	try {
		await client.execute("PRAGMA journal_mode=WAL");
		await client.execute("PRAGMA synchronous=FULL");
	} catch (error) {
		throw new Error(
			`The store at "${url}" cannot be used: ${errorText(error)}. If it is no SQLite file, move it away; a new one is made at the next start.`,
			{ cause: error },
		);
	}
	const journalMode = await pragma(client, "journal_mode");
	if (journalMode !== "wal") {
		throw new Error(
			`The store at "${url}" runs with journal_mode=${journalMode}, and its last commits could be lost in a power cut. WAL is needed: put the file on a local disk (not a network share) that this user may write to.`,
		);
	}
	const synchronous = await pragma(client, "synchronous");
	if (synchronous !== 2) {
		throw new Error(
			`The store at "${url}" runs with synchronous=${synchronous}, and its last commits could be lost in a power cut. FULL (2) is needed.`,
		);
	}
}

async function migrate(client: Client, url: string): Promise<void> {
	const version = Number(await pragma(client, "user_version"));
	if (version > migrations.length) {
		throw new Error(
			`The store at "${url}" was written by a newer visionvend-pi (tables ${version}, this one knows ${migrations.length}). Install that version again, or a newer one.`,
		);
	}
	for (const [index, statements] of migrations.entries()) {
		const number = index + 1;
		if (number <= version) continue;
		// The number is part of the transaction: a power cut leaves the whole step done, or nothing of it.
		await client.batch([...statements, `PRAGMA user_version=${number}`], "write");
	}
}

async function pragma(client: Client, name: string): Promise<unknown> {
	const result = await client.execute(`PRAGMA ${name}`);
	return result.rows[0]?.[0];
}
