import SqliteFile from "libsql";
import { type Connection, type Reader, type Row, type Statement, StatementFailed, type Value } from "./connection.ts";

type File = InstanceType<typeof SqliteFile>;
interface FileOptions {
	/** How long another process may hold the lock; nothing else runs meanwhile. */
	readonly busyTimeoutMs: number;
	readonly encryptionKey?: string | undefined;
}
type Prepared = ReturnType<File["prepare"]>;

/** A statement whose rows come as arrays, and what their places are called: half of what rows with names cost (measured). */
interface Query {
	readonly statement: Prepared;
	readonly columns: readonly string[];
}

/** So many statements stay prepared; the service has some hundreds. */
const mostPrepared = 1_000;
const busyRetries = 3;

/**
 * One connection to a file. Statements stay prepared: that is five of six parts of what a short one costs (measured).
 *
 * What libsql 0.5.29 does wrong is kept away from: a statement that saw BUSY outside of a transaction would never commit
 * again, so each batch begins with BEGIN IMMEDIATE, which alone can see it; a boolean, or anything but an array as
 * arguments, would end the process, so values are looked at first.
 */
export class FileConnection implements Connection {
	readonly #file: File;
	readonly #path: string;
	readonly #options: FileOptions;
	readonly #prepared = new Map<string, Prepared>();
	readonly #queries = new Map<string, Query>();

	constructor(path: string, options: FileOptions) {
		this.#path = path;
		this.#options = options;
		const { busyTimeoutMs: timeout, encryptionKey } = options;
		this.#file = new SqliteFile(path, { timeout, ...(encryptionKey === undefined ? {} : { encryptionKey }) });
	}

	/** A statement without arguments whose rows nobody wants. */
	execute(sql: string): void {
		this.#file.exec(sql);
	}

	query(sql: string, args: readonly Value[]): Row[] {
		const { statement, columns } = this.#prepareQuery(sql);
		try {
			const rows = statement.all(bound(args)).map(valuesOf);
			// Another connection has added a column to a table since this was prepared.
			if (rows[0] !== undefined && rows[0].length !== columns.length) {
				this.#forgetAll();
				return this.query(sql, args);
			}
			return rows.map((values) => rowOf(columns, values));
		} catch (error) {
			this.#forgetAll();
			throw error;
		}
	}

	async read(sql: string, args: readonly Value[]): Promise<Row[]> {
		return this.query(sql, args);
	}

	async commit(statements: readonly Statement[]): Promise<void> {
		this.#begin();
		let index = 0;
		try {
			for (const { sql, args = [] } of statements) {
				const statement = this.#prepare(sql);
				if (statement.reader) statement.all(bound(args));
				else statement.run(bound(args));
				index += 1;
			}
			this.#file.exec("COMMIT");
		} catch (error) {
			// A statement that failed may be in the middle of itself.
			this.#forgetAll();
			if (this.#file.inTransaction) this.#file.exec("ROLLBACK");
			const isStatement = error instanceof SqliteFile.SqliteError && index < statements.length;
			throw isStatement ? new StatementFailed(index, error) : error;
		}
	}

	/** On a connection of its own: what it sees is fixed by its first read (SQLite, "Isolation in SQLite"). */
	async snapshot<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
		const own = new FileConnection(this.#path, this.#options);
		try {
			own.execute("PRAGMA query_only = ON");
			own.execute("BEGIN");
			own.query("SELECT COUNT(*) FROM sqlite_schema", []);
			return await work({ read: (sql, args = []) => own.read(sql, args) });
		} finally {
			own.close();
		}
	}

	close(): void {
		this.#forgetAll();
		this.#file.close();
	}

	#begin(): void {
		for (let attempt = 0; ; attempt += 1) {
			try {
				this.#file.exec("BEGIN IMMEDIATE");
				return;
			} catch (error) {
				const isBusy = error instanceof SqliteFile.SqliteError && error.code === "SQLITE_BUSY";
				if (!isBusy || attempt >= busyRetries) throw error;
			}
		}
	}

	#prepare(sql: string): Prepared {
		const known = this.#prepared.get(sql);
		if (known) return known;
		if (this.#prepared.size >= mostPrepared) this.#forgetAll();
		const statement = this.#file.prepare(sql);
		this.#prepared.set(sql, statement);
		return statement;
	}

	#prepareQuery(sql: string): Query {
		const known = this.#queries.get(sql);
		if (known) return known;
		if (this.#queries.size >= mostPrepared) this.#forgetAll();
		const statement = this.#file.prepare(sql);
		// The others have no rows, and `query_only` refuses what they would write.
		if (statement.reader) statement.raw(true);
		const query = { statement, columns: statement.columns().map(({ name }) => name) };
		this.#queries.set(sql, query);
		return query;
	}

	#forgetAll(): void {
		this.#prepared.clear();
		this.#queries.clear();
	}
}

function valuesOf(row: unknown): readonly unknown[] {
	if (!Array.isArray(row)) throw new TypeError("libsql gave a row that is no array");
	return row;
}

function rowOf(columns: readonly string[], values: readonly unknown[]): Row {
	const row: Record<string, unknown> = {};
	for (const [index, column] of columns.entries()) {
		const value = values[index];
		row[column] = value instanceof Uint8Array ? new Uint8Array(value).buffer : value;
	}
	return row;
}

function bound(args: readonly Value[]): Value[] {
	for (const value of args) {
		const isKnown =
			value === null || typeof value === "string" || typeof value === "number" || value instanceof Uint8Array;
		if (!isKnown) throw new TypeError(`a statement was given ${typeof value}; it takes text, numbers, bytes and null`);
	}
	return [...args];
}
