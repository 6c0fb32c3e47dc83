/** What a column of ours can hold. */
export type Value = string | number | null | Uint8Array;

/** One row as it was read, bytes as an `ArrayBuffer`; parse it with the schema of its table. */
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
	readonly sql: string;
	readonly args?: readonly Value[];
	/** What this statement checks, in words; it names the `GuardFailed` when the check fails. */
	readonly guard?: string;
}

/** Reads, and changes nothing. */
export interface Reader {
	read(sql: string, args?: readonly Value[]): Promise<Row[]>;
}

/** One way to a database, wherever that is. */
export interface Connection {
	read(sql: string, args: readonly Value[]): Promise<Row[]>;
	/**
	 * Commits all statements or none; durable once it resolves. Never called again before it has settled.
	 * @throws StatementFailed when one of them failed
	 */
	commit(statements: readonly Statement[]): Promise<void>;
	/** All that `work` reads is of one moment, whatever is written meanwhile. */
	snapshot<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result>;
	close(): void;
}

/** A statement of a batch failed; nothing of the batch was written. */
export class StatementFailed extends Error {
	/** Which of the batch, from 0. */
	readonly index: number;
	/** Whether what it would have written breaks a rule of the schema. */
	readonly breaksConstraint: boolean;

	/** @param cause as the library threw it, with SQLite's result code as its `code` */
	constructor(index: number, cause: Error & { readonly code: string }) {
		super(cause.message, { cause });
		this.index = index;
		this.breaksConstraint = cause.code.startsWith("SQLITE_CONSTRAINT");
	}
}
