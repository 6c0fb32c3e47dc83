import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";

let world: TwoTenants;
beforeAll(async () => {
	world = await TwoTenants.open();
});
afterAll(() => world.close());

const csv = { headers: { "content-type": "text/csv" } };

test("2.29 materials come by CSV: a dry run writes nothing, a wrong row keeps all out, and a known code is renamed", async () => {
	const path = "/api/v1/imports/materials";
	const file = "code,name,unit\nbeans,Coffee beans,gram\nmilk,Milk,millilitre\n";
	const dry = await world.request("operator", "POST", `${path}?dry_run=true`, file, csv);
	expect(dry.body.data).toEqual({ dryRun: true, added: ["beans", "milk"], changed: [], errors: [] });
	expect((await world.request("viewer", "GET", "/api/v1/materials")).body.data).toEqual([]);
	const wrong = await world.request(
		"operator",
		"POST",
		path,
		`${file}Sugar,Sugar,gram\nmilk,M,litre\nbeans,B,gram\n`,
		csv,
	);
	expect([wrong.status, wrong.body.error.details.errors.map(({ row }: { row: number }) => row)]).toEqual([
		422,
		[4, 5, 6],
	]);
	expect((await world.request("operator", "POST", path, file, csv)).body.data.added).toEqual(["beans", "milk"]);
	const renamed = await world.request("operator", "POST", path, "code,name,unit\nbeans,Arabica,gram\n", csv);
	expect(renamed.body.data).toMatchObject({ added: [], changed: ["beans"] });
	const byPiece = await world.request("operator", "POST", path, "code,name,unit\nbeans,Arabica,piece\n", csv);
	expect([byPiece.status, byPiece.body.error.details.errors]).toEqual([
		422,
		[{ row: 2, message: "unit: beans is counted in gram, which stays" }],
	]);
});

test("2.10 the coffee of another tenant does not exist, viewers change nothing, and a fridge makes none", async () => {
	const material = { code: "sugar", name: "Sugar", unit: "gram" };
	const { body } = await world.request("operator", "POST", "/api/v1/materials", material);
	const recipe = { name: "Sweet", steps: [{ step: "pump", amount: 9 }], uses: [{ material: "sugar", portions: 1 }] };
	const { body: added } = await world.request("operator", "POST", "/api/v1/recipes", recipe);
	const packed = await world.request("operator", "POST", "/api/v1/recipe-packages", {
		name: "p",
		recipes: [{ number: 0, recipeId: added.data.id }],
	});
	const beta = { tenant: world.beta };
	for (const [method, path, sent] of [
		["PATCH", `/api/v1/materials/${body.data.id}`, { name: "x" }],
		["DELETE", `/api/v1/materials/${body.data.id}`, undefined],
		["PUT", `/api/v1/recipes/${added.data.id}`, { ...recipe, uses: [] }],
		["DELETE", `/api/v1/recipes/${added.data.id}`, undefined],
		["GET", `/api/v1/recipe-packages/${packed.body.data.id}`, undefined],
		["POST", `/api/v1/recipe-packages/${packed.body.data.id}/deployments`, { machineId: world.beta.machineId }],
		["POST", "/api/v1/recipe-packages", { name: "p", recipes: [{ number: 0, recipeId: added.data.id }] }],
		["POST", "/api/v1/recipes", recipe],
		["PUT", `/api/v1/machines/${world.alpha.machineId}/bins`, { bins: [] }],
	] as const) {
		const answer = await world.request("admin", method, path, sent, beta);
		expect([method, path, answer.status]).toEqual([method, path, 404]);
	}
	for (const path of ["materials", "bins", "recipes", "recipe-packages", "recipe-deployments"]) {
		expect((await world.request("admin", "GET", `/api/v1/${path}`, undefined, beta)).body.data).toEqual([]);
		expect((await world.request("shopper", "GET", `/api/v1/${path}`)).status).toBe(403);
	}
	expect((await world.request("viewer", "POST", "/api/v1/materials", material)).status).toBe(403);
	const fridge = await world.request("operator", "PUT", `/api/v1/machines/${world.alpha.machineId}/bins`, { bins: [] });
	expect(fridge.status).toBe(409);
});
