import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Database, openDatabase } from "../src/db/database.ts";
import { checkpoint } from "./empty-database.ts";
import { World } from "./world.ts";

// https://www.sqlite.org/fileformat2.html#walformat
const walHeaderBytes = 32;
const frameHeaderBytes = 24;
const pageBytes = 4_096;
const frameBytes = frameHeaderBytes + pageBytes;

export interface CrashFigures {
	sales: number;
	/** Frames that were written to the log, each a boundary between two writes. */
	writes: number;
	/** Commits, each ending in a flush of the disk. */
	commits: number;
	/** Files as a power cut would have left them, that were opened and looked at. */
	images: number;
	/** What does not hold; empty when all is well. */
	violations: string[];
}

interface CrashOptions {
	readonly sales: number;
	/** Looks inside each frame, too; otherwise around commits only. */
	readonly everyFrame: boolean;
	/** The disk says of each commit that it is kept, and has not kept it: shows that this check would see it. */
	readonly diskLies?: boolean;
	/** Called after each ten sales with the figures so far. */
	readonly onProgress?: (figures: CrashFigures) => void;
}

/** How much of the append-only tables was acknowledged when the log was so long. */
interface Acknowledged {
	readonly walBytes: number;
	readonly rows: Counts;
}

const countsSchema = z.object({ events: z.int(), journals: z.int(), entries: z.int(), reports: z.int() });
type Counts = z.infer<typeof countsSchema>;
const countsSql = `SELECT (SELECT COUNT(*) FROM sale_event) AS events, (SELECT COUNT(*) FROM journal) AS journals,
	(SELECT COUNT(*) FROM entry) AS entries, (SELECT COUNT(*) FROM report) AS reports`;

/** A file that grows makes each image dearer, and shows nothing new. */
const salesPerWorld = 10;
const baskets = [["cola"], ["cola", "cola"], [], ["chips", "cola"]] as const;

/**
 * Plays sales on a file, and looks at what a power cut would have left at every write: the log cut between two frames
 * and inside of one, frames of an unfinished commit lost or out of order, a checkpoint that came half way. In each
 * image all that was acknowledged must be there, and no half of anything. Each fifth sale is paid first.
 */
export async function lookAtCrashImages(options: CrashOptions): Promise<CrashFigures> {
	const figures: CrashFigures = { sales: 0, writes: 0, commits: 0, images: 0, violations: [] };
	while (figures.sales < options.sales) {
		await playWorld(Math.min(figures.sales + salesPerWorld, options.sales), figures, options);
		options.onProgress?.(figures);
	}
	return figures;
}

async function playWorld(untilSales: number, figures: CrashFigures, options: CrashOptions): Promise<void> {
	const world = await World.create({ holdCents: 300 });
	try {
		const path = join(world.folder, "cloud.db");
		let acknowledged: Acknowledged[] = [];
		await world.quiet();
		await world.cloud.close();
		await world.startCloud(() => ({
			openDatabase: async (url, durability) => {
				const database = await openDatabase(url, durability);
				if (url !== world.databaseUrl) return database;
				return {
					...database,
					async write(statements) {
						await database.write(statements);
						// What is counted now was committed by then; the log can only be longer.
						acknowledged.push({ rows: await counts(database), walBytes: statSync(`${path}-wal`).size });
					},
				};
			},
		}));
		for (; figures.sales < untilSales; figures.sales += 1) {
			const saleId = `sale-${figures.sales}`;
			const isPaidFirst = figures.sales % 5 === 4;
			await world.payWith(isPaidFirst ? "razorpay" : "stripe");
			await world.quiet();
			await checkpoint(path);
			const base = join(world.folder, "base.db");
			copyFileSync(path, base);
			acknowledged = [];
			world.machine.behaviour = { take: baskets[figures.sales % baskets.length] ?? [] };
			world.token = await world.cloud.issueShopperToken("ada");
			const { body } = await world.unlock(saleId);
			if (isPaidFirst) world.razorpay.account.pay(body.checkout.order_id, true);
			await world.pass(2_000);
			await lookAt({ base, log: readFileSync(`${path}-wal`), acknowledged, folder: world.folder, figures, options });
		}
	} finally {
		await world.close();
	}
}

async function lookAt(given: {
	base: string;
	log: Buffer;
	acknowledged: readonly Acknowledged[];
	folder: string;
	figures: CrashFigures;
	options: CrashOptions;
}): Promise<void> {
	const { base, log, acknowledged, folder, figures, options } = given;
	const frames = Math.floor((log.length - walHeaderBytes) / frameBytes);
	const ends = Array.from({ length: frames }, (_, index) => walHeaderBytes + (index + 1) * frameBytes);
	const commits = ends.filter((end) => log.readUInt32BE(end - frameBytes + 4) > 0);
	figures.writes += frames;
	figures.commits += commits.length;
	const cuts = options.everyFrame
		? ends.flatMap((end) => [end, end - pageBytes / 2])
		: commits.flatMap((end) => [end - frameBytes, end - 1, end]);
	for (const cut of new Set([walHeaderBytes, ...cuts])) {
		if (cut < walHeaderBytes) continue;
		const kept = options.diskLies ? (commits.filter((end) => end < cut).at(-1) ?? walHeaderBytes) : cut;
		await check(readFileSync(base), log.subarray(0, kept), cut, `the log cut at ${cut}`);
	}
	for (const [index, commit] of commits.entries()) {
		if (!options.everyFrame && index % 4 !== 0) continue;
		// Of the commit that was under way, some frames reached the disk and others did not.
		const before = commits[index - 1] ?? walHeaderBytes;
		const shuffled = Buffer.from(log.subarray(0, commit));
		for (let start = before; start < commit; start += 2 * frameBytes) shuffled.fill(0, start, start + frameBytes);
		await check(readFileSync(base), shuffled, before, `holes in the commit that ends at ${commit}`);
	}
	// A checkpoint writes pages into the file while the log is whole; any of them may have come.
	for (const share of [2, 3]) {
		const file = readFileSync(base);
		for (const [index, end] of ends.entries()) {
			const last = commits.at(-1) ?? 0;
			if (index % share === 0 || end > last) continue;
			const page = log.readUInt32BE(end - frameBytes);
			// Pages beyond the end of the file have not come.
			if (page * pageBytes <= file.length) latestOf(log, page, last).copy(file, (page - 1) * pageBytes);
		}
		await check(file, log, log.length, `a checkpoint that wrote all but every ${share}th page`);
	}

	async function check(file: Buffer, wal: Buffer, durableBytes: number, what: string): Promise<void> {
		figures.images += 1;
		const image = join(folder, "image");
		mkdirSync(image, { recursive: true });
		const name = join(image, "cloud.db");
		writeFileSync(name, file);
		writeFileSync(`${name}-wal`, wal);
		let database: Database | undefined;
		try {
			database = await openDatabase(`file:${name}`, "process-crash");
			const wrong = await defects(database);
			const due = acknowledged.filter(({ walBytes }) => walBytes <= durableBytes).at(-1);
			const found = await counts(database);
			for (const table of ["events", "journals", "entries", "reports"] as const) {
				if (due && found[table] < due.rows[table]) wrong.push(`${due.rows[table] - found[table]} ${table} lost`);
			}
			for (const each of wrong) figures.violations.push(`${what}: ${each}`);
		} catch (error) {
			figures.violations.push(`${what}: ${String(error)}`);
		} finally {
			database?.close();
			rmSync(image, { recursive: true, force: true });
		}
	}
}

/** What is half in a database. */
async function defects(database: Database): Promise<string[]> {
	const wrong: string[] = [];
	const none = async (what: string, sql: string) => {
		const rows = await database.read(sql);
		if (rows.length > 0) wrong.push(`${what}: ${JSON.stringify(rows[0])}`);
	};
	await none("damaged", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
	await none("a row without its parent", "SELECT * FROM pragma_foreign_key_check");
	await none(
		"a journal that does not sum to zero",
		"SELECT journal_id FROM entry GROUP BY journal_id HAVING SUM(amount_cents) <> 0",
	);
	await none("a journal without entries", "SELECT id FROM journal WHERE id NOT IN (SELECT journal_id FROM entry)");
	await none(
		"a sale that took other than its ledger says",
		`SELECT sale.id FROM sale LEFT JOIN journal ON journal.sale_id = sale.id
			LEFT JOIN entry ON journal_id = journal.id AND account = 'cash_in_transit' AND kind <> 'fee'
			GROUP BY sale.id HAVING COALESCE(SUM(amount_cents), 0) <> captured_cents - refunded_cents - disputed_cents
				+ CASE WHEN gateway = 'razorpay' AND hold_state = 'held' THEN held_cents ELSE 0 END`,
	);
	await none(
		"a sale whose state its history does not tell",
		`SELECT id FROM sale WHERE NOT EXISTS (SELECT 1 FROM sale_event WHERE sale_id = sale.id AND event = sale.state)`,
	);
	await none(
		"a payment that nothing carries out",
		`SELECT key FROM payment_operation WHERE state = 'pending'
			AND key NOT IN (SELECT operation FROM outbox WHERE state = 'pending' AND operation IS NOT NULL)`,
	);
	await none(
		"a price that nobody takes",
		`SELECT id FROM sale WHERE collection = 'running'
			AND NOT EXISTS (SELECT 1 FROM payment_operation WHERE sale_id = sale.id AND state = 'pending')`,
	);
	return wrong;
}

async function counts(database: Pick<Database, "read">): Promise<Counts> {
	const [row] = await database.read(countsSql);
	return countsSchema.parse(row);
}

/** A page as the last commit left it. */
function latestOf(log: Buffer, page: number, end: number): Buffer {
	let content = Buffer.alloc(pageBytes);
	for (let start = walHeaderBytes; start < end; start += frameBytes) {
		if (log.readUInt32BE(start) === page) {
			content = Buffer.from(log.subarray(start + frameHeaderBytes, start + frameBytes));
		}
	}
	return content;
}
