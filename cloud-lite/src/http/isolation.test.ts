import { afterAll, beforeAll, expect, test } from "vitest";
import { isolationRows, writeListedRows } from "../../test/isolation-rows.ts";
import { type Caller, callers, type TestTenant, TwoTenants } from "../../test/two-tenants.ts";
import type { Access } from "../auth/access.ts";

interface Operation {
	readonly method: string;
	readonly path: string;
	readonly access: Access;
	/** Statuses that it is documented with. */
	readonly documented: readonly number[];
	readonly isRead: boolean;
}

let world: TwoTenants;
let operations: readonly Operation[];

beforeAll(async () => {
	world = await TwoTenants.open();
	const { body } = await world.request("anonymous", "GET", "/openapi.json");
	operations = Object.entries(
		body.paths as Record<string, Record<string, { "x-access": Access; responses: object }>>,
	).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({
			method,
			path,
			access: operation["x-access"],
			documented: Object.keys(operation.responses).map(Number),
			isRead: method === "get",
		})),
	);
});

afterAll(() => world.close());

/** What each caller holds, written down a second time: the product's table must come to the same. */
const actions: Readonly<Record<string, readonly string[]>> = {
	viewer: ["read"],
	operator: ["read", "write"],
	admin: ["read", "write", "manage"],
	platform: ["read", "write", "manage", "platform"],
	apiKey: ["read", "write"],
};

function isAdmitted(caller: Caller, access: Access): boolean {
	if (access === "anybody") return true;
	if (caller === "shopper") return access.shopper === true;
	if (caller === "device") return access.device === true;
	if (access.user && ["viewer", "operator", "admin", "platform"].includes(caller)) return true;
	const action = access.permission?.split(":")[1];
	return action !== undefined && (actions[caller] ?? []).includes(action);
}

/** A short path names the same row as the path that it is an alias of. */
function rowOf(path: string) {
	return isolationRows[path] ?? isolationRows[`/api/v1${path}`];
}

/** The path with a row's values in it. Logins that a route ended before go on. */
async function pathOf({ path }: Operation): Promise<string> {
	await world.database.write([
		{ sql: "UPDATE login_session SET ended_at_ms = NULL, ended_because = NULL WHERE ended_at_ms IS NOT NULL" },
	]);
	const params = await rowOf(path)?.params(world);
	const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => params?.[name] ?? "missing");
	return `${filled}${rowOf(path)?.query ?? ""}`;
}

test("2.10 4.25 every route answers every caller as its access says: 401, 403, or past the gate with a documented status", async () => {
	const wrong: string[] = [];
	for (const operation of operations) {
		const path = await pathOf(operation);
		for (const caller of callers) {
			const { status, body } = await world.request(caller, operation.method.toUpperCase(), path);
			const refusal = caller === "anonymous" ? 401 : 403;
			const expected = isAdmitted(caller, operation.access) ? "past the gate" : `${refusal}`;
			const isRefused =
				status === refusal && !(operation.access === "anybody" && operation.documented.includes(status));
			const found = isRefused ? `${refusal}` : "past the gate";
			const isDocumented = operation.documented.includes(status) && status < 500;
			// What this cloud was started without.
			const isOff = status === 503 && operation.documented.includes(503);
			if (found === expected && (isDocumented || isOff)) continue;
			wrong.push(
				`${caller} ${operation.method} ${operation.path}: expected ${expected}, found ${status} ${body?.detail ?? ""}`,
			);
		}
	}
	expect(wrong).toEqual([]);
	expect(operations.length).toBeGreaterThan(20);
});

/** Who of a tenant may call, with the least that it takes. */
function callerOf({ access }: Operation): Caller {
	return callers.find((caller) => isAdmitted(caller, access)) ?? "admin";
}

test("4.25 every route with a row in its path has one in test/isolation-rows.ts, and no other does", () => {
	const withParams = [...new Set(operations.map(({ path }) => path).filter((path) => path.includes("{")))];
	expect(withParams.filter((path) => !rowOf(path))).toEqual([]);
	expect(Object.keys(isolationRows).filter((path) => !withParams.includes(path))).toEqual([]);
});

test("4.25 a row of another tenant is a row that does not exist: 404 for every method, and it stays as it was", async () => {
	const wrong: string[] = [];
	const named = operations.filter(
		({ path, method }) => path.includes("{") && !rowOf(path)?.ofNoTenant && !rowOf(path)?.elsewhere?.includes(method),
	);
	for (const operation of named) {
		const path = await pathOf(operation);
		const body = rowOf(operation.path)?.bodies?.[operation.method];
		const ask = async (caller: Caller, tenant: TestTenant) =>
			world.request(
				caller,
				operation.method.toUpperCase(),
				path,
				typeof body === "function" ? await body(world, tenant) : body,
				{ tenant },
			);
		const isReadable = operations.some(({ path: other, isRead }) => isRead && other === operation.path);
		const before = isReadable ? await world.request("admin", "GET", path) : undefined;
		for (const caller of callers.filter((each) => isAdmitted(each, operation.access))) {
			const foreign = await ask(caller, world.beta);
			if (foreign.status === 404) continue;
			wrong.push(`beta's ${caller} ${operation.method} ${path}: ${foreign.status} ${foreign.body?.detail ?? ""}`);
		}
		const after = isReadable ? await world.request("admin", "GET", path) : undefined;
		if (JSON.stringify(before?.body.data) !== JSON.stringify(after?.body.data)) wrong.push(`${operation.path} changed`);
		// Its own tenant finds it, or the 404 above would say nothing.
		const own = await ask(callerOf(operation), world.alpha);
		if (own.status === 404 || own.status === 400) {
			wrong.push(`alpha ${operation.method} ${path}: ${own.status} ${own.body?.detail ?? ""}`);
		}
	}
	expect(wrong).toEqual([]);
});

/** Lists and reports that cannot name alpha, for what they tell is nobody's, or only numbers, or nothing is there yet. */
const namesNobody = [
	"/api/v1/alert-rules",
	"/api/v1/audit/check",
	"/api/v1/events",
	"/api/v1/machine-templates",
	"/api/v1/ota/desired",
	"/api/v1/recipe-schema",
];
const queries: Readonly<Record<string, string>> = { "/api/v1/reports/sales": "?by=machine" };

test("4.25 no list and no report of one tenant holds a word of the other", async () => {
	const wrong: string[] = [];
	const reads = operations.filter(
		({ path, isRead, access }) =>
			isRead &&
			!path.includes("{") &&
			access !== "anybody" &&
			// Says what its own people asked for, which was alpha's in the test before; tenant-file.test.ts looks into the file.
			!["/api/v1/audit", "/api/v1/tenant/export"].includes(path),
	);
	await writeListedRows(world);
	for (const operation of reads) {
		if (callerOf(operation) === "platform") continue;
		const path = `${operation.path}${queries[operation.path] ?? ""}`;
		for (const caller of callers.filter((each) => isAdmitted(each, operation.access))) {
			const { body, status } = await world.request(caller, "GET", path, undefined, { tenant: world.beta });
			if (JSON.stringify(body).includes("alpha")) wrong.push(`beta's ${caller} GET ${path}`);
			const isOff = status === 503 && /_off$/.test(String(body.code));
			if (status !== 200 && !isOff) wrong.push(`${caller} GET ${path}: ${status}`);
		}
		// Its own tenant is named there, or its absence above would say nothing.
		const own = await world.request(callerOf(operation), "GET", path);
		const isNamed = JSON.stringify(own.body).includes("alpha");
		if (own.status === 200 && isNamed === namesNobody.includes(operation.path)) wrong.push(`alpha GET ${path}`);
	}
	expect(wrong).toEqual([]);
	expect(reads.length).toBeGreaterThan(4);
});
