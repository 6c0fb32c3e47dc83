import { type Connection, type Statement, StatementFailed } from "./connection.ts";

/** A guard of a batch did not hold; nothing of the batch was written. */
export class GuardFailed extends Error {
	readonly guard: string;

	constructor(guard: string) {
		super(`not written, for this must hold and does not: ${guard}`);
		this.guard = guard;
	}
}

/** A row of the batch exists already; nothing of the batch was written. */
export class UniqueViolation extends Error {
	/** `table.column`, or several with a comma, as SQLite names them. */
	readonly columns: string;

	constructor(columns: string) {
		super(`not written, for it exists already: ${columns}`);
		this.columns = columns;
	}
}

interface Pending {
	readonly statements: readonly Statement[];
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

const mostInOneCommit = 64;

/**
 * The only one who writes. Batches that wait at the same moment share one commit, and so one flush of the disk; when
 * one of them fails, each is tried for itself, in the order they came.
 */
export class Writer {
	readonly #connection: Connection;
	readonly #queue: Pending[] = [];
	#working = false;

	constructor(connection: Connection) {
		this.#connection = connection;
	}

	write(statements: readonly Statement[]): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#queue.push({ statements, resolve, reject });
			if (!this.#working) {
				this.#working = true;
				// One turn of the event loop: whoever is about to write joins this commit.
				setImmediate(() => void this.#work());
			}
		});
	}

	async #work(): Promise<void> {
		while (this.#queue.length > 0) {
			const group = this.#queue.splice(0, mostInOneCommit);
			try {
				await this.#commit(group.flatMap(({ statements }) => statements));
				for (const { resolve } of group) resolve();
			} catch (error) {
				if (group.length === 1) group[0]?.reject(error);
				else await this.#commitEach(group);
			}
		}
		this.#working = false;
	}

	async #commitEach(group: readonly Pending[]): Promise<void> {
		for (const { statements, resolve, reject } of group) {
			try {
				await this.#commit(statements);
				resolve();
			} catch (error) {
				reject(error);
			}
		}
	}

	async #commit(statements: readonly Statement[]): Promise<void> {
		try {
			await this.#connection.commit(statements);
		} catch (error) {
			throw translate(error, statements);
		}
	}
}

function translate(error: unknown, statements: readonly Statement[]): unknown {
	if (!(error instanceof StatementFailed && error.breaksConstraint)) return error;
	const guard = statements[error.index]?.guard;
	if (guard !== undefined) return new GuardFailed(guard);
	const columns = /UNIQUE constraint failed: (.+)$/.exec(error.message)?.[1];
	return columns === undefined ? error : new UniqueViolation(columns);
}
