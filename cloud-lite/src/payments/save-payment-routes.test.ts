import { afterEach, expect, test } from "vitest";
import { World } from "../../test/world.ts";

let world: World | undefined;

afterEach(async () => {
	await world?.close();
	world = undefined;
});

async function open(): Promise<World> {
	world = await World.create({ card: "" });
	return world;
}

test("0.20 a card is attached to a customer of the shopper's own, and the customer stays", async () => {
	const world = await open();
	const first = await world.post("/save-payment", { payment_method: "pm_card_visa" });
	expect(first).toMatchObject({ status: 200, body: { status: "success" } });
	expect(first.body.customer_id).toMatch(/^cus_/);
	const second = await world.post("/save-payment", { payment_method: "pm_card_mastercard" });
	expect(second.body.customer_id).toBe(first.body.customer_id);
	const attached = await world.stripeClient().paymentMethods.retrieve(second.body.payment_method);
	expect(attached.customer).toBe(first.body.customer_id);
});

test("the same request with the same Idempotency-Key gives the same answer; another one is refused", async () => {
	const world = await open();
	const key = { "idempotency-key": "save-1" };
	const [first, second] = await Promise.all([
		world.post("/save-payment", { payment_method: "pm_card_visa" }, key),
		world.post("/save-payment", { payment_method: "pm_card_visa" }, key),
	]);
	expect(second.body).toEqual(first.body);
	expect(await world.post("/save-payment", { payment_method: "pm_card_mastercard" }, key)).toMatchObject({
		status: 409,
		body: { code: "idempotency_key_reused" },
	});
});

test("a card that the bank refuses is a problem with its words, and is not saved", async () => {
	const world = await open();
	expect(await world.post("/save-payment", { payment_method: "pm_card_chargeDeclined" })).toMatchObject({
		status: 400,
		body: { code: "payment_declined", detail: "Your card was declined." },
	});
	expect((await world.unlock("sale-1")).body.code).toBe("payment_method_required");
});

test("a payment method that does not exist is a problem of status 400", async () => {
	const world = await open();
	expect(await world.post("/save-payment", { payment_method: "pm_nothing" })).toMatchObject({
		status: 400,
		body: { code: "payment_refused" },
	});
});

test.each([[{}], [{ payment_method: "4242 4242 4242 4242" }], [{ payment_method: "" }]])(
	"0.27 %o is refused",
	async (body) => {
		const world = await open();
		expect(await world.post("/save-payment", body)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
	},
);

test("without a token there is no saving", async () => {
	const world = await open();
	expect((await world.post("/save-payment", { payment_method: "pm_card_visa" }, { authorization: "" })).status).toBe(
		401,
	);
});

test("a provider that does not answer is a problem of status 503", async () => {
	const world = await open();
	world.stripe.faults.dropRequest = () => true;
	expect(await world.post("/save-payment", { payment_method: "pm_card_visa" })).toMatchObject({
		status: 503,
		body: { code: "payment_unavailable" },
	});
});
