import { z } from "@hono/zod-openapi";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import { defineList } from "./define-route.ts";
import { createRoutes } from "./environment.ts";
import { listQuerySchema, readList } from "./list.ts";

let world: TwoTenants;
const rows = 23;
const itemSchema = z.object({ id: z.int(), at: z.int() });

beforeAll(async () => {
	world = await TwoTenants.open();
	await world.database.write([
		{ sql: "CREATE TABLE thing (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, at INTEGER NOT NULL)" },
		// Three share each moment, so that the place in the list needs the id as well.
		...Array.from({ length: rows }, (_, id) => ({
			sql: "INSERT INTO thing VALUES (?, 'alpha', ?)",
			args: [id, Math.floor(id / 3)],
		})),
		{ sql: "INSERT INTO thing VALUES (100, 'beta', 1)" },
	]);
	const routes = createRoutes();
	defineList(
		routes,
		{
			path: "/api/v1/things",
			aliases: ["/things"],
			summary: "Things",
			tag: "Test",
			access: { permission: "things:read" },
			query: listQuerySchema,
			item: itemSchema,
		},
		({ actor, query }) =>
			readList(
				world.database,
				{ sql: "SELECT * FROM thing WHERE tenant_id = ?", args: [actor.tenantId], key: ["at", "id"] },
				query,
				(row) => itemSchema.parse(row),
			),
	);
	world.cloud.app.route("/", routes);
});

afterAll(() => world.close());

const newestFirst = Array.from({ length: rows }, (_, index) => rows - 1 - index);

test("following the cursor shows every row of the tenant once, newest first, whatever the limit", async () => {
	await fc.assert(
		fc.asyncProperty(fc.integer({ min: 1, max: rows + 2 }), async (limit) => {
			const seen: number[] = [];
			for (let cursor: string | null = ""; cursor !== null; ) {
				const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
				const { body } = await world.request("viewer", "GET", `/api/v1/things?limit=${limit}${next}`);
				seen.push(...body.data.map(({ id }: { id: number }) => id));
				cursor = body.meta.nextCursor;
			}
			expect(seen).toEqual(newestFirst);
		}),
		{ numRuns: 10 },
	);
});

test("a page says how many rows there are, and the short path answers the bare array", async () => {
	const { body } = await world.request("viewer", "GET", "/api/v1/things?limit=10&page=3");
	expect(body).toMatchObject({ ok: true, meta: { page: 3, total: rows, nextCursor: null } });
	expect(body.data).toHaveLength(3);
	const bare = await world.request("viewer", "GET", "/things?limit=2");
	expect(bare.body).toEqual([
		{ id: 22, at: 7 },
		{ id: 21, at: 7 },
	]);
});

test.each([
	["cursor=nonsense", 422],
	["cursor=WzFd", 422],
	["limit=0", 400],
	["limit=999", 400],
	["page=0", 400],
	["cursor=WzEsMV0&page=1", 422],
] as const)("%s is refused", async (query, status) => {
	expect((await world.request("viewer", "GET", `/api/v1/things?${query}`)).status).toBe(status);
});
