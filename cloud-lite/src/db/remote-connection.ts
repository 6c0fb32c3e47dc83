import { type Client, createClient, LibsqlBatchError } from "@libsql/client";
import { type Connection, type Row, type Statement, StatementFailed, type Value } from "./connection.ts";

/** One connection to a libsql server, over HTTP or a WebSocket. A batch is one request, and one transaction there. */
export class RemoteConnection implements Connection {
	readonly #client: Client;

	/** @param url may carry `?authToken=…` */
	constructor(url: string) {
		this.#client = createClient({ url });
	}

	async read(sql: string, args: readonly Value[]): Promise<Row[]> {
		const { columns, rows } = await this.#client.execute({ sql, args: [...args] });
		return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
	}

	async commit(statements: readonly Statement[]): Promise<void> {
		const batch = statements.map(({ sql, args = [] }) => ({ sql, args: [...args] }));
		try {
			await this.#client.batch(batch, "write");
		} catch (error) {
			throw error instanceof LibsqlBatchError ? new StatementFailed(error.statementIndex, error) : error;
		}
	}

	close(): void {
		this.#client.close();
	}
}
