import { join } from "node:path";
import { type Client, createClient } from "@libsql/client";
import { type Database, openDatabase } from "@visionvend/cloud-lite";

interface Statement {
	readonly sql: string;
	readonly args: (string | number)[];
}

const tables = [
	"CREATE TABLE sale (id TEXT PRIMARY KEY, machine TEXT NOT NULL, state TEXT NOT NULL) STRICT",
	"CREATE TABLE stock (machine TEXT PRIMARY KEY, quantity INTEGER NOT NULL CHECK (quantity >= 0)) STRICT",
	"CREATE TABLE entry (id INTEGER PRIMARY KEY, sale TEXT NOT NULL, account TEXT NOT NULL, cents INTEGER NOT NULL) STRICT",
	"CREATE TABLE outbox (id INTEGER PRIMARY KEY, sale TEXT NOT NULL, payload TEXT NOT NULL) STRICT",
	"CREATE TABLE must (ok INTEGER CHECK (ok = 1))",
];
const machines = 1_000;
const sellers = 32;

/** Sale number `index`: written, paid and taken from the stock, in seven statements. */
function sale(index: number): Statement[] {
	const id = `sale-${index}`;
	const machine = `m-${index % machines}`;
	return [
		{ sql: "INSERT INTO sale VALUES (?, ?, 'closed')", args: [id, machine] },
		{ sql: "UPDATE stock SET quantity = quantity - 1 WHERE machine = ? AND quantity > 0", args: [machine] },
		{ sql: "INSERT INTO must SELECT changes() WHERE changes() <> 1", args: [] },
		{ sql: "UPDATE sale SET state = 'captured' WHERE id = ? AND state = 'closed'", args: [id] },
		{ sql: "INSERT INTO entry (sale, account, cents) VALUES (?, 'receivable', 250)", args: [id] },
		{ sql: "INSERT INTO entry (sale, account, cents) VALUES (?, 'revenue', -250)", args: [id] },
		{ sql: "INSERT INTO outbox (sale, payload) VALUES (?, ?)", args: [id, JSON.stringify({ id, machine })] },
	];
}

/**
 * Sales a second that the cloud's writer commits with `synchronous=FULL` for 32 who each wait for theirs, and those of
 * `@libsql/client` that gets the same 32 sales in one batch after the other.
 */
export async function writerBench(folder: string, sales: number): Promise<{ ours: number; raw: number }> {
	const database = await openDatabase(`file:${join(folder, "writer.db")}`);
	const client = createClient({ url: `file:${join(folder, "raw.db")}`, concurrency: 1 });
	try {
		await database.write(preparation());
		for (const pragma of ["journal_mode = WAL", "synchronous = FULL"]) await client.execute(`PRAGMA ${pragma}`);
		await client.batch(preparation(), "write");
		// Turn by turn, so that what happens to the computer happens to both.
		const rounds = 4;
		const took = { ours: 0, raw: 0 };
		for (let round = 0; round < rounds; round += 1) {
			const from = Math.floor((round * sales) / rounds);
			const to = Math.floor(((round + 1) * sales) / rounds);
			took.raw += await seconds(() => sellRaw(client, from, to));
			took.ours += await seconds(() => sell(database, from, to));
		}
		return { ours: sales / took.ours, raw: sales / took.raw };
	} finally {
		database.close();
		client.close();
	}
}

function preparation(): Statement[] {
	return [
		...tables.map((sql) => ({ sql, args: [] })),
		...Array.from({ length: machines }, (_, index) => ({
			sql: "INSERT INTO stock VALUES (?, 1000000)",
			args: [`m-${index}`],
		})),
	];
}

async function seconds(work: () => Promise<void>): Promise<number> {
	const fromMs = performance.now();
	await work();
	return (performance.now() - fromMs) / 1_000;
}

async function sell(database: Database, from: number, to: number): Promise<void> {
	let next = from;
	const seller = async (): Promise<void> => {
		while (next < to) await database.write(sale(next++));
	};
	await Promise.all(Array.from({ length: sellers }, seller));
}

async function sellRaw(client: Client, from: number, to: number): Promise<void> {
	for (let first = from; first < to; first += sellers) {
		const length = Math.min(sellers, to - first);
		await client.batch(Array.from({ length }, (_, index) => sale(first + index)).flat(), "write");
	}
}
