import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
const dayMs = 86_400_000;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

function asKey(key: string, method: string, path: string, body?: unknown, how: "bearer" | "header" = "header") {
	const headers: Record<string, string> = how === "header" ? { "x-api-key": key } : { authorization: `Bearer ${key}` };
	return world.request("anonymous", method, path, body, { headers });
}

async function make(changes: object = {}) {
	const wish = { name: "bookkeeping", permissions: ["locations:read"], ...changes };
	return (await world.request("admin", "POST", "/api/v1/api-keys", wish)).body.data;
}

test("4.11 a key opens what its scopes say and no more, as X-API-Key and as Bearer", async () => {
	const { key, permissions, tenantId } = await make();
	expect([permissions, tenantId]).toEqual([["locations:read"], "alpha"]);
	for (const how of ["bearer", "header"] as const) {
		expect((await asKey(key, "GET", "/api/v1/locations", undefined, how)).body.data[0].id).toBe("alpha-lobby");
		expect((await asKey(key, "POST", "/api/v1/locations", { name: "x" }, how)).status).toBe(403);
		expect((await asKey(key, "GET", "/api/v1/tenant", undefined, how)).status).toBe(403);
	}
});

test("4.11 the key is shown once, and no list has it", async () => {
	const { key } = await make();
	const list = await world.request("admin", "GET", "/api/v1/api-keys?limit=200");
	expect(list.body.data.length).toBeGreaterThan(2);
	expect(JSON.stringify(list.body)).not.toContain(key.slice(-43));
});

test("4.11 a key holds no more than its maker", async () => {
	for (const permissions of [["*:platform"], ["tenants:platform"]]) {
		const answer = await world.request("admin", "POST", "/api/v1/api-keys", { name: "x", permissions });
		expect(answer.status).toBe(403);
	}
});

test("4.11 a key ends when its time is over, and at once when it is revoked", async () => {
	const expiresAt = new Date(world.clock.now() + dayMs).toISOString();
	const ending = await make({ expiresAt });
	const revoked = await make();
	expect((await world.request("admin", "DELETE", `/api/v1/api-keys/${revoked.keyId}`)).body.data.revoked).toBe(true);
	expect((await asKey(revoked.key, "GET", "/api/v1/locations")).status).toBe(401);
	expect((await asKey(ending.key, "GET", "/api/v1/locations")).status).toBe(200);
	world.clock.jump(world.clock.now() + dayMs);
	expect((await asKey(ending.key, "GET", "/api/v1/locations")).status).toBe(401);
});

test("4.11 a rotated key goes on for seven days beside the new one", async () => {
	const { keyId, key } = await make();
	const rotated = await world.request("admin", "POST", `/api/v1/api-keys/${keyId}/rotate`);
	expect(rotated.status).toBe(201);
	const next = rotated.body.data.key;
	for (const each of [key, next]) expect((await asKey(each, "GET", "/api/v1/locations")).status).toBe(200);
	world.clock.jump(world.clock.now() + 7 * dayMs);
	expect((await asKey(key, "GET", "/api/v1/locations")).status).toBe(401);
	expect((await asKey(next, "GET", "/api/v1/locations")).status).toBe(200);
});

test("a key with another secret, or of another id, is no key", async () => {
	const { key, keyId } = await make();
	const secret = key.slice(-43);
	const other = `${secret.startsWith("A") ? "B" : "A"}${secret.slice(1)}`;
	for (const wrong of [`vvk_${keyId}_${other}`, `vvk_${"A".repeat(22)}_${secret}`, "vvk_x_y"]) {
		expect((await asKey(wrong, "GET", "/api/v1/locations")).status).toBe(401);
	}
});

test("2.15 2.32 with tokens of devices off, neither their keys nor the tokens made with them open anything; programs' keys do", async () => {
	const { body } = await world.request("device", "POST", "/auth/device-token");
	const cloud = await world.another({}, { deviceTokens: false });
	try {
		const path = `/api/v1/devices/${world.alpha.machineId}-controller/status`;
		for (const key of [body.access_token, world.alpha.keys.device]) {
			const answer = await cloud.app.request(path, { method: "POST", headers: { authorization: `Bearer ${key}` } });
			expect(answer.status).toBe(403);
			expect(await answer.json()).toMatchObject({ code: "device_tokens_off" });
		}
		const headers = { authorization: `Bearer ${world.alpha.keys.apiKey}` };
		expect((await cloud.app.request("/api/v1/products", { headers })).status).toBe(200);
	} finally {
		await cloud.close();
	}
});

test("4.11 a device replaces its own key", async () => {
	const { status, body } = await world.request("device", "POST", "/api/v1/auth/device-key/rotate");
	expect([status, body.data.machineId]).toEqual([201, "alpha-fridge"]);
	expect((await asKey(body.data.key, "POST", "/auth/device-token")).status).toBe(200);
});

test("4.11 a device's token ends with the key that it was made with", async () => {
	const { body } = await world.request("device", "POST", "/auth/device-token");
	const renew = () => asKey(body.access_token, "POST", "/auth/device-token", undefined, "bearer");
	expect((await renew()).status).toBe(200);
	const keyId = world.alpha.keys.device.slice(4, 26);
	await world.request("admin", "DELETE", `/api/v1/api-keys/${keyId}`);
	expect((await renew()).status).toBe(401);
});
