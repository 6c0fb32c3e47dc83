import { SignJWT } from "jose";
import { afterEach, expect, test } from "vitest";
import { ownerOf } from "../../test/owner.ts";
import { jwtSecret, machineId, shopperId, World } from "../../test/world.ts";
import { openDatabase } from "../db/database.ts";
import { languageOf, unlockTries } from "./unlock-routes.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(options: Parameters<typeof World.create>[0] = {}): Promise<World> {
	world = await World.create(options);
	return world;
}

test("0.19 3.18 the answer is the bare body of the first API", async () => {
	const world = await open();
	const { status, body } = await world.unlock("txn_1234");
	expect(status).toBe(200);
	expect(Object.keys(body)).toEqual(["status", "transaction_id", "client_secret"]);
	expect(body).toMatchObject({ status: "success", transaction_id: "txn_1234" });
});

test("0.19 a program with the right to opens the door for a shopper of its shop, and for nobody else's", async () => {
	const world = await open();
	const program = await ownerOf(world);
	world.machine.behaviour = { take: ["cola"] };
	const wish = { id: "kiosk-1", shopper_id: shopperId };
	expect(await program("POST", "/unlock", wish)).toMatchObject({ status: 200, body: { transaction_id: "kiosk-1" } });
	await world.pass(2_000);
	expect(await world.sale("kiosk-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect((await program("POST", "/unlock", { id: "kiosk-2" })).body.code).toBe("shopper_required");
	const other = await openDatabase(world.databaseUrl);
	await other.write([
		{ sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES ('b', 'b', 'B', 0)" },
		{ sql: "INSERT INTO shopper (id, tenant_id, created_at_ms) VALUES ('bob', 'b', 0)" },
	]);
	other.close();
	expect((await program("POST", "/unlock", { id: "kiosk-2", shopper_id: "bob" })).body.code).toBe("shopper_unknown");
	expect((await world.post("/unlock", { id: "kiosk-2", shopper_id: "bob" })).status).toBe(403);
	expect(world.machine.openings).toBe(1);
});

test("without an id the cloud chooses one, and without a machine it takes the only one", async () => {
	const world = await open();
	const { status, body } = await world.post("/unlock");
	expect(status).toBe(200);
	expect(body.transaction_id).toMatch(/^[\w-]{22}$/);
	expect((await world.sale(body.transaction_id)).machineId).toBe(machineId);
});

test("with two machines the body has to say which", async () => {
	const world = await open();
	await world.cloud.addMachine({
		machineId: "fridge-2",
		name: "Another",
		currency: "usd",
		holdCents: 500,
		products: [
			{ sku: "tea", name: "Tea", massMilligrams: 500_000, toleranceMilligrams: 5_000, priceCents: 100, shelf: 0 },
		],
	});
	expect(await world.post("/unlock", { id: "a" })).toMatchObject({ status: 400, body: { code: "machine_required" } });
	expect(await world.post("/unlock", { id: "a", machine_id: "fridge-9" })).toMatchObject({
		status: 404,
		body: { code: "machine_unknown" },
	});
});

test.each(["maintenance_since_ms", "decommissioned_at_ms"])(
	"4.14 4.15 a machine with %s sells nothing, and no card is asked",
	async (since) => {
		const world = await open();
		const owner = await openDatabase(world.databaseUrl);
		await owner.write([{ sql: `UPDATE machine SET ${since} = 1 WHERE id = ?`, args: [machineId] }]);
		owner.close();
		expect(await world.unlock("sale-1")).toMatchObject({ status: 503, body: { code: "machine_out_of_service" } });
		expect(world.stripe.paymentIntents()).toEqual([]);
		expect(world.machine.openings).toBe(0);
	},
);

test("the same id twice at once: one sale, one hold, one opening, the same answer", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	const [first, second] = await Promise.all([world.unlock("sale-1"), world.unlock("sale-1")]);
	expect(first.status).toBe(200);
	expect(second.body).toEqual(first.body);
	await world.pass(3_000);
	expect((await world.unlock("sale-1")).body).toEqual(first.body);
	expect(world.stripe.paymentIntents()).toHaveLength(1);
	expect(world.machine.openings).toBe(1);
	expect(world.received()).toBe(200);
});

test("an Idempotency-Key does the same for a request without an id, and refuses another request", async () => {
	const world = await open();
	const key = { "idempotency-key": "tap-1" };
	const [first, second] = await Promise.all([world.post("/unlock", {}, key), world.post("/unlock", {}, key)]);
	expect(first.status).toBe(200);
	expect(second.body).toEqual(first.body);
	expect(await world.post("/unlock", { id: "other" }, key)).toMatchObject({
		status: 409,
		body: { code: "idempotency_key_reused" },
	});
	expect(world.stripe.paymentIntents()).toHaveLength(1);
});

test("50 shoppers at one machine at once: one holds, 49 are told that it is busy", async () => {
	const world = await open();
	// A sale that ends within the race would rightly make room for the next one.
	world.machine.pause = true;
	const tokens = await Promise.all(
		Array.from({ length: 50 }, async (_, index) => {
			const token = await world.cloud.issueShopperToken(`shopper-${index}`);
			const headers = { authorization: `Bearer ${token}` };
			expect((await world.post("/save-payment", { payment_method: "pm_card_visa" }, headers)).status).toBe(200);
			return headers;
		}),
	);
	const answers = await Promise.all(tokens.map((headers, index) => world.unlock(`sale-${index}`, headers)));
	expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
	const refused = answers.filter(({ status }) => status === 409);
	expect(refused).toHaveLength(49);
	for (const { body } of refused) expect(body.code).toBe("machine_busy");
	expect(world.stripe.paymentIntents()).toHaveLength(1);
});

test("a shopper with a sale open cannot open another machine", async () => {
	const world = await open();
	world.machine.silent = true;
	await world.cloud.addMachine({
		machineId: "fridge-2",
		name: "Another",
		currency: "usd",
		holdCents: 500,
		products: [
			{ sku: "tea", name: "Tea", massMilligrams: 500_000, toleranceMilligrams: 5_000, priceCents: 100, shelf: 0 },
		],
	});
	expect((await world.unlock("sale-1")).status).toBe(200);
	expect(await world.post("/unlock", { id: "sale-2", machine_id: "fridge-2" })).toMatchObject({
		status: 409,
		body: { code: "shopper_busy" },
	});
});

test("another shopper's id is refused, and tells nothing about the sale", async () => {
	const world = await open();
	await world.unlock("sale-1");
	const headers = { authorization: `Bearer ${await world.cloud.issueShopperToken("eve")}` };
	await world.post("/save-payment", { payment_method: "pm_card_visa" }, headers);
	const { status, body } = await world.unlock("sale-1", headers);
	expect(status).toBe(409);
	expect(JSON.stringify(body)).not.toContain("pi_");
	expect((await world.request("GET", "/api/v1/sales/sale-1", undefined, headers)).status).toBe(404);
});

test("a declined card is a problem of status 400 with the bank's words, in every form that clients read", async () => {
	const world = await open({ card: "pm_card_chargeCustomerFail" });
	const { status, type, body } = await world.unlock("sale-1");
	expect(status).toBe(400);
	expect(type).toBe("application/problem+json");
	expect(body).toMatchObject({
		status: 400,
		code: "payment_declined",
		detail: "Your card was declined.",
		message: "Your card was declined.",
		ok: false,
		success: false,
		error: { code: "payment_declined", message: "Your card was declined." },
	});
	expect(await world.unlock("sale-1")).toMatchObject({ status: 400, body: { code: "payment_declined" } });
	await world.pass(40_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "payment_declined", heldCents: 0 });
	expect(world.machine.openings).toBe(0);
	expect(world.events()).toContain("payment.declined");
	expect(await world.cloud.ledgerRows()).toEqual([]);
});

test("a card that wants its owner's answer holds nothing and opens nothing", async () => {
	const world = await open({ card: "pm_card_authenticationRequired" });
	expect(await world.unlock("sale-1")).toMatchObject({
		status: 400,
		body: { error: { details: { decline_code: "authentication_required" } } },
	});
	await world.pass(1_000);
	expect(world.stripe.paymentIntents().map(({ status }) => status)).toEqual(["canceled"]);
});

test("without a saved card there is nothing to hold", async () => {
	const world = await open({ card: "" });
	expect(await world.unlock("sale-1")).toMatchObject({ status: 400, body: { code: "payment_method_required" } });
});

test("a hold whose answer is lost: 503, nothing opens twice, and asking again gives the one hold", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	let losses = 1;
	world.stripe.faults.dropResponse = (method, path) =>
		method === "POST" && path === "/v1/payment_intents" && losses-- > 0;
	const lost = await world.unlock("sale-1");
	expect(lost).toMatchObject({ status: 503, body: { code: "payment_unavailable" } });
	expect((await world.unlock("sale-1")).status).toBe(200);
	await world.pass(5_000);
	expect(world.stripe.paymentIntents()).toHaveLength(1);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.machine.openings).toBe(1);
});

test("a provider that stores its own failure under the key: the hold is found and let go, for it came too late", async () => {
	const world = await open();
	let failures = 1;
	world.stripe.faults.serverError = (method, path) =>
		method === "POST" && path === "/v1/payment_intents" && failures-- > 0 ? "processed" : undefined;
	world.stripe.faults.dropRequest = (method) => method === "GET";
	expect((await world.unlock("sale-1")).status).toBe(503);
	await world.pass(60_000);
	world.stripe.faults.dropRequest = () => false;
	await world.pass(120_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "cancelled", cause: "unlock_expired" });
	expect(world.heldAtProvider()).toBe(0);
	expect(world.machine.openings).toBe(0);
	// The phone that asks again hears that this door stays closed, not that the money is held.
	world.token = await world.cloud.issueShopperToken("ada");
	expect(await world.unlock("sale-1")).toMatchObject({ status: 409, body: { code: "unlock_expired" } });
});

test("half an hour without the provider after the door closed: captured once, as soon as it answers", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	world.stripe.faults.dropRequest = () => true;
	await world.machine.finish();
	await world.pass(1_800_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "closed", capturedCents: 0 });
	world.stripe.faults.dropRequest = () => false;
	await world.pass(600_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.received()).toBe(200);
});

test("once the provider is back, however long it was away, every sale has ended within 10 minutes", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	world.machine.pause = true;
	await world.unlock("sale-1");
	await world.pass(1_000);
	world.stripe.faults.dropRequest = () => true;
	await world.machine.finish();
	for (const awayMs of [3_600_000, 300_000, 250_000, 290_000]) {
		await world.pass(awayMs);
		const [row] = await world.cloud.database.read("SELECT due_at_ms FROM outbox WHERE state = 'pending'");
		// The charge of a rest, or the release of a hold that came late, may have to follow.
		expect(Number(row?.due_at_ms) - world.clock.now()).toBeLessThanOrEqual(240_000);
	}
});

test("a key that the provider knows for another request: nobody can say what happened, so it is looked up", async () => {
	const world = await open();
	world.machine.behaviour = { take: ["cola"] };
	// Another version of this program asked in other words, and died before it heard the answer.
	const [shopper] = await world.cloud.database.read("SELECT customer, payment_method FROM shopper");
	await world.stripeClient().paymentIntents.create(
		{
			amount: 500,
			currency: "usd",
			customer: String(shopper?.customer),
			payment_method: String(shopper?.payment_method),
			capture_method: "manual",
			confirm: true,
			automatic_payment_methods: { enabled: true, allow_redirects: "never" },
			metadata: { sale_id: "sale-1", purpose: "hold" },
		},
		{ idempotencyKey: "sale:sale-1:auth" },
	);
	expect((await world.unlock("sale-1")).status).toBe(503);
	expect((await world.unlock("sale-1")).status).toBe(200);
	await world.pass(5_000);
	expect(await world.sale("sale-1")).toMatchObject({ state: "captured", capturedCents: 200 });
	expect(world.stripe.paymentIntents()).toHaveLength(1);
});

test("a request that fails while the machine stands free leaves it free", async () => {
	const world = await open();
	world.stripe.faults.dropRequest = () => true;
	expect((await world.unlock("sale-1")).status).toBe(503);
	await world.pass(31_000);
	world.stripe.faults.dropRequest = () => false;
	// Until the provider is asked again.
	await world.pass(31_000);
	const headers = { authorization: `Bearer ${await world.cloud.issueShopperToken("bob")}` };
	await world.post("/save-payment", { payment_method: "pm_card_visa" }, headers);
	expect((await world.unlock("sale-2", headers)).status).toBe(200);
});

test.each([
	["no token", ""],
	["no JWT", "Bearer nonsense"],
	["a JWT of another kind", async () => sign({ typ: "JWT" })],
	["another issuer", async () => sign({ issuer: "somebody" })],
	["another audience", async () => sign({ audience: "visionvend-owner" })],
	["another key", async () => sign({ secret: `${jwtSecret}x` })],
	["a longer life than tokens have", async () => sign({ ageSeconds: 16 * 60, lifeSeconds: 3_600 })],
	["a token that has ended", async () => sign({ ageSeconds: 20 * 60, lifeSeconds: 15 * 60 })],
	[
		"no algorithm",
		async () => `${b64({ alg: "none", typ: "at+jwt" })}.${b64({ sub: "ada", iss: "visionvend-cloud" })}.x`,
	],
])("401 for %s", async (_what, given) => {
	const world = await open();
	const token = typeof given === "string" ? given : `Bearer ${await given()}`;
	const { status, body, type } = await world.unlock("sale-1", { authorization: token });
	expect({ status, type, code: body.code }).toEqual({
		status: 401,
		type: "application/problem+json",
		code: "unauthenticated",
	});
	expect(world.stripe.paymentIntents()).toEqual([]);
});

test("0.4 a token is good for 15 minutes and no longer", async () => {
	const world = await open();
	await world.pass(14 * 60_000);
	expect((await world.request("GET", "/api/v1/sales/none")).status).toBe(404);
	await world.pass(70_000);
	expect((await world.request("GET", "/api/v1/sales/none")).status).toBe(401);
});

test("0.4 0.19 a shopper who asks too often has to wait, and nobody asks the payment provider", async () => {
	const world = await open();
	world.machine.behaviour = { take: [] };
	const statuses: number[] = [];
	for (let round = 0; round < unlockTries.burst; round += 1) statuses.push((await world.unlock("sale-1")).status);
	expect(new Set(statuses)).toEqual(new Set([200]));
	const calls = world.stripe.paymentIntents().length;
	const { status, body } = await world.unlock("sale-2");
	expect({ status, code: body.code }).toEqual({ status: 429, code: "too_many_requests" });
	expect(world.stripe.paymentIntents()).toHaveLength(calls);
	await world.pass(60_000);
	expect((await world.unlock("sale-2")).status).toBe(200);
});

test.each([
	[{ id: "a b" }],
	[{ id: "unlock:cola:355" }],
	[{ id: "x".repeat(65) }],
	[{ id: 7 }],
	[{ machine_id: "../fridge" }],
	[{ machine_id: "+" }],
])("%o is refused before anything happens", async (body) => {
	const world = await open();
	expect(await world.post("/unlock", body)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
	expect(world.stripe.paymentIntents()).toEqual([]);
});

test("a body that is no JSON is refused", async () => {
	const world = await open();
	const response = await world.cloud.app.request("/unlock", {
		method: "POST",
		headers: { authorization: `Bearer ${world.token}`, "content-type": "application/json" },
		body: "{",
	});
	expect(response.status).toBe(400);
	expect(await response.json()).toMatchObject({ code: "malformed_body" });
});

test("the first language of Accept-Language is the screen's", () => {
	expect(languageOf("es-MX,es;q=0.9,en;q=0.8")).toBe("es");
	expect(languageOf("EN")).toBe("en");
	expect(languageOf("*")).toBe("en");
	expect(languageOf(undefined)).toBe("en");
});

function b64(value: object): string {
	return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function sign(changes: {
	typ?: string;
	issuer?: string;
	audience?: string;
	secret?: string;
	ageSeconds?: number;
	lifeSeconds?: number;
}): Promise<string> {
	const issuedAt = Date.UTC(2026, 0, 1, 9) / 1000 - (changes.ageSeconds ?? 0);
	return new SignJWT({})
		.setProtectedHeader({ alg: "HS256", typ: changes.typ ?? "at+jwt" })
		.setIssuer(changes.issuer ?? "visionvend-cloud")
		.setAudience(changes.audience ?? "visionvend-shopper")
		.setSubject("ada")
		.setIssuedAt(issuedAt)
		.setExpirationTime(issuedAt + (changes.lifeSeconds ?? 900))
		.sign(new TextEncoder().encode(changes.secret ?? jwtSecret));
}
