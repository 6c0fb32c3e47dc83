import { topics } from "@visionvend/sdk/device/topics";
import { configurationUpdateBodySchema } from "@visionvend/sdk/protocol/messages";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { machineId, World } from "../../test/world.ts";
import { rules } from "../alarms/rule.ts";
import { binWatch } from "../alarms/stock-watch.ts";
import { openDatabase } from "../db/database.ts";
import { usualConfig } from "../machines/machine-config.ts";

let world: World;
let ask: Awaited<ReturnType<typeof ownerOf>>;

beforeEach(async () => {
	world = await World.create({ kind: "coffee" });
	world.machine.hasPi = false;
	const network = { via: "pi" as const, mqtt: { host: "broker.example", port: 8_883, tls: true } };
	const config = usualConfig("coffee", { currency: "USD", holdCents: 500, network });
	const database = await openDatabase(world.databaseUrl);
	await database.write([
		{
			sql: "UPDATE machine SET config = ?, config_version = 1 WHERE id = ?",
			args: [JSON.stringify(config), machineId],
		},
	]);
	database.close();
	ask = await ownerOf(world);
});
afterEach(() => world.close());

const espresso = {
	name: "Espresso",
	steps: [
		{ step: "grind", amount: 6_000 },
		{ step: "heat", amount: 92 },
		{ step: "pump", amount: 30 },
	],
	uses: [
		{ material: "beans", portions: 1 },
		{ material: "cups", portions: 1 },
	],
};

async function stockMachine() {
	for (const material of [
		{ code: "beans", name: "Coffee beans", unit: "gram" },
		{ code: "cups", name: "Paper cups", unit: "piece" },
	]) {
		expect((await ask("POST", "/api/v1/materials", material)).status).toBe(201);
	}
	const bins = await ask("PUT", `/api/v1/machines/${machineId}/bins`, {
		bins: [
			{ name: "beans", material: "beans", portion: 9, capacity: 900, threshold: 880 },
			{ name: "cups", material: "cups", portion: 1, capacity: 80, threshold: 10 },
		],
	});
	expect(bins.status).toBe(200);
	return bins.body.data.map(({ id }: { id: string }) => id) as [string, string];
}

/** The bins' levels, by name. */
async function levels() {
	const { body } = await ask("GET", "/api/v1/bins");
	return body.data.map(({ name, level, low }: Record<string, unknown>) => [name, level, low]);
}

async function packOf(recipe: object): Promise<{ id: string; version: number }> {
	const added = await ask("POST", "/api/v1/recipes", recipe);
	const packed = await ask("POST", "/api/v1/recipe-packages", {
		name: "spring",
		recipes: [{ number: 0, recipeId: added.body.data.id }],
	});
	expect(packed.status).toBe(201);
	return packed.body.data;
}

async function buy(saleId: string, slots: number[]): Promise<void> {
	await world.post("/unlock", { id: saleId, slots });
	await world.pass(2_000);
	expect(await world.sale(saleId)).toMatchObject({ state: "captured" });
}

test("2.4 2.12 a package goes to the machine as settings; once it runs with them, 2.3 each cup takes its materials out of the bins", async () => {
	const [beans, cups] = await stockMachine();
	await ask("POST", `/api/v1/bins/${beans}/fill`);
	await ask("POST", `/api/v1/bins/${cups}/fill`, { level: 40 });
	const spring = await packOf(espresso);
	const deployed = await ask("POST", `/api/v1/recipe-packages/${spring.id}/deployments`, { machineId });
	expect(deployed.status).toBe(202);
	// Before the machine has said that it makes espresso, a sale takes nothing.
	await buy("sale-1", [0]);
	expect(await levels()).toEqual([
		["beans", 900, false],
		["cups", 40, false],
	]);
	await world.pass(1_000);
	const sent = world.machine.commands.find(({ topic }) => topic === topics(machineId).configurationUpdate);
	const update = configurationUpdateBodySchema.parse(sent?.body);
	expect(update.settings.coffee).toMatchObject({
		bins: [
			{ name: "beans", pin: 15, portions: 100 },
			{ name: "cups", pin: 2, portions: 80 },
		],
		recipes: [{ number: 0, name: "Espresso", steps: espresso.steps, takes: [1, 1] }],
	});
	const done = { commandId: update.commandId, state: "done", reason: "", detail: "" };
	await world.machine.say(done, topics(machineId).commandStatus);
	await world.pass(1_000);
	expect((await ask("GET", "/api/v1/recipe-deployments")).body.data).toMatchObject([
		{ packageId: spring.id, machineId, state: "done", active: true },
	]);
	await buy("sale-2", [0, 0]);
	expect(await levels()).toEqual([
		["beans", 882, false],
		["cups", 38, false],
	]);
	// Slot 1 makes something that the package does not have.
	await buy("sale-3", [0, 1]);
	expect(await levels()).toEqual([
		["beans", 873, true],
		["cups", 37, false],
	]);
	expect(
		await world.cloud.database.read(
			"SELECT level, (SELECT SUM(change_amount) FROM bin_movement WHERE bin_id = bin.id) AS moved FROM bin ORDER BY name",
		),
	).toEqual([
		{ level: 873, moved: 873 },
		{ level: 37, moved: 37 },
	]);
});

test("2.3 a bin that should be low is a cause for the low-stock alarm until it is filled", async () => {
	const [beans] = await stockMachine();
	const found = async () =>
		(await binWatch(world.cloud.database)(() => rules.low_stock.usual, world.clock.now())).map(
			({ rule, subject, summary }) => [rule, subject, summary],
		);
	// Nobody has ever filled it: nothing is known.
	expect(await found()).toEqual([]);
	await ask("POST", `/api/v1/bins/${beans}/fill`, { level: 100 });
	expect(await found()).toEqual([
		["low_stock", "material beans", "Coffee beans runs low in Lobby fridge: 100 gram left"],
	]);
	await ask("POST", `/api/v1/bins/${beans}/fill`);
	expect(await found()).toEqual([]);
});

test("2.12 a package keeps its recipes as they were; the next one of its name is the next version", async () => {
	await stockMachine();
	const first = await packOf(espresso);
	const [recipe] = (await ask("GET", "/api/v1/recipes")).body.data;
	const longer = { ...espresso, steps: [{ step: "pump", amount: 60 }] };
	expect((await ask("PUT", `/api/v1/recipes/${recipe.id}`, longer)).body.data.version).toBe(2);
	const next = await ask("POST", "/api/v1/recipe-packages", {
		name: "spring",
		recipes: [{ number: 0, recipeId: recipe.id }],
	});
	expect([first.version, next.body.data.version]).toEqual([1, 2]);
	const kept = await ask("GET", `/api/v1/recipe-packages/${first.id}`);
	expect(kept.body.data.recipes[0].steps).toEqual(espresso.steps);
	expect(next.body.data.recipes[0].steps).toEqual(longer.steps);
});

test("2.4 recipes are held to the schema that controllers hold them to, and to materials that there are", async () => {
	await stockMachine();
	for (const [wrong, status] of [
		[{ steps: [] }, 400],
		[{ steps: [{ step: "explode", amount: 1 }] }, 400],
		[{ steps: [{ step: "heat", amount: 60_001 }] }, 400],
		[{ name: "x".repeat(33) }, 400],
		[{ uses: [{ material: "gold", portions: 1 }] }, 404],
		[
			{
				uses: [
					{ material: "beans", portions: 1 },
					{ material: "beans", portions: 1 },
				],
			},
			422,
		],
	] as const) {
		expect((await ask("POST", "/api/v1/recipes", { ...espresso, ...wrong })).status).toBe(status);
	}
	expect((await ask("POST", "/api/v1/recipes", espresso)).status).toBe(201);
	expect((await ask("POST", "/api/v1/recipes", espresso)).body.code).toBe("recipe_name_taken");
	const schema = await ask("GET", "/api/v1/recipe-schema");
	expect(schema.body.data).toMatchObject({ type: "object", required: ["name", "steps", "uses"] });
});

test("2.4 2.11 a machine without a bin for a material gets no package that needs it", async () => {
	await stockMachine();
	await ask("POST", "/api/v1/materials", { code: "milk", name: "Milk", unit: "millilitre" });
	const spring = await packOf({ ...espresso, uses: [{ material: "milk", portions: 1 }] });
	const refused = await ask("POST", `/api/v1/recipe-packages/${spring.id}/deployments`, { machineId });
	expect([refused.status, refused.body.code]).toEqual([409, "no_bin_for_material"]);
	expect((await ask("POST", `/api/v1/recipe-packages/none/deployments`, { machineId })).status).toBe(404);
	expect(world.machine.commands).toEqual([]);
});

test("2.29 bins hold what fits, under the names of the configuration", async () => {
	const [beans] = await stockMachine();
	expect((await ask("POST", `/api/v1/bins/${beans}/fill`, { level: 901 })).body.code).toBe("bin_overfull");
	expect((await ask("POST", "/api/v1/bins/none/fill")).status).toBe(404);
	const bin = { name: "beans", material: "beans", portion: 9, capacity: 900, threshold: 1 };
	for (const [bins, status] of [
		[[{ ...bin, name: "hopper" }], 404],
		[[{ ...bin, material: "gold" }], 404],
		[[{ ...bin, threshold: 901 }], 422],
		[[{ ...bin, portion: 901 }], 422],
		[[bin, { ...bin, name: "cups" }], 422],
	] as const) {
		expect((await ask("PUT", `/api/v1/machines/${machineId}/bins`, { bins })).status).toBe(status);
	}
	await ask("POST", `/api/v1/bins/${beans}/fill`);
	// Set up anew, a bin that holds the same keeps its level; one that holds something else begins empty.
	const bins = [bin, { ...bin, name: "cups", material: "cups" }];
	await ask("PUT", `/api/v1/machines/${machineId}/bins`, { bins });
	expect(await levels()).toEqual([
		["beans", 900, false],
		["cups", 0, true],
	]);
});

test("2.29 a material is renamed, keeps its code, and stays as long as something uses it", async () => {
	await stockMachine();
	const rename = await ask("GET", "/api/v1/materials");
	expect(rename.body.data).toMatchObject([{ code: "beans" }, { code: "cups" }]);
	const beans = rename.body.data[0].id;
	expect((await ask("PATCH", `/api/v1/materials/${beans}`, { name: "Arabica" })).body.data).toMatchObject({
		name: "Arabica",
		version: 2,
	});
	const used = await ask("DELETE", `/api/v1/materials/${beans}`);
	expect([used.status, used.body.code]).toEqual([409, "material_in_use"]);
	const tea = await ask("POST", "/api/v1/materials", { code: "tea", name: "Tea", unit: "gram" });
	expect((await ask("DELETE", `/api/v1/materials/${tea.body.data.id}`)).status).toBe(200);
	expect((await ask("POST", "/api/v1/materials", { code: "beans", name: "B", unit: "gram" })).status).toBe(409);
});
