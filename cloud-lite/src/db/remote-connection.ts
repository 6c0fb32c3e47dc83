import { type Client, createClient, LibsqlBatchError, type ResultSet } from "@libsql/client";
import { type Connection, type Reader, type Row, type Statement, StatementFailed, type Value } from "./connection.ts";

/** One connection to a libsql server, over HTTP or a WebSocket. A batch is one request, and one transaction there. */
export class RemoteConnection implements Connection {
	readonly #client: Client;

	/** @param url may carry `?authToken=…` */
	constructor(url: string) {
		this.#client = createClient({ url });
	}

	async read(sql: string, args: readonly Value[]): Promise<Row[]> {
		return rowsOf(await this.#client.execute({ sql, args: [...args] }));
	}

	async commit(statements: readonly Statement[]): Promise<void> {
		const batch = statements.map(({ sql, args = [] }) => ({ sql, args: [...args] }));
		try {
			await this.#client.batch(batch, "write");
		} catch (error) {
			throw error instanceof LibsqlBatchError ? new StatementFailed(error.statementIndex, error) : error;
		}
	}

	async snapshot<Result>(work: (reader: Reader) => Promise<Result>): Promise<Result> {
		const transaction = await this.#client.transaction("read");
		try {
			return await work({
				read: async (sql, args = []) => rowsOf(await transaction.execute({ sql, args: [...args] })),
			});
		} finally {
			transaction.close();
		}
	}

	close(): void {
		this.#client.close();
	}
}

function rowsOf({ columns, rows }: ResultSet): Row[] {
	return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
}
