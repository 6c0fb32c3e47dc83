import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;

beforeAll(async () => {
	world = await TwoTenants.open();
});

afterAll(() => world.close());

test("3.13 4.10 a shop's server lets a phone in, as that one shopper and for a quarter of an hour", async () => {
	const { status, body } = await world.request("admin", "POST", "/api/v1/shoppers/alpha-eve/token");
	expect([status, body.data.tokenType, body.data.expiresIn]).toEqual([201, "Bearer", 900]);
	const phone = { headers: { authorization: `Bearer ${body.data.accessToken}` } };
	expect((await world.request("anonymous", "GET", "/api/v1/debts", undefined, phone)).body.data).toEqual([]);
	expect((await world.request("anonymous", "GET", "/api/v1/orders", undefined, phone)).status).toBe(403);
	await world.pass(16 * 60_000);
	expect((await world.request("anonymous", "GET", "/api/v1/debts", undefined, phone)).status).toBe(401);
});

test("4.25 nobody gets a token of another shop's shopper, nor without the right to", async () => {
	const foreign = await world.request("admin", "POST", `/api/v1/shoppers/${world.beta.shopperId}/token`);
	expect([foreign.status, foreign.body.code]).toEqual([404, "shopper_unknown"]);
	expect((await world.request("operator", "POST", "/api/v1/shoppers/alpha-eve/token")).status).toBe(403);
	expect((await world.request("shopper", "POST", "/api/v1/shoppers/alpha-eve/token")).status).toBe(403);
	expect((await world.request("admin", "POST", "/api/v1/shoppers/%20/token")).status).toBe(400);
});
