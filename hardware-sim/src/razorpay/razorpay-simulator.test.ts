import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { virtualClock } from "../network/virtual-clock.ts";
import { createRazorpaySimulator } from "./razorpay-simulator.ts";

const secret = "between_two";
const hourNs = 3_600_000_000_000;

function account() {
	const time = new SimulationClock();
	const events: { name: string; genuine: boolean }[] = [];
	let state = 0;
	const simulator = createRazorpaySimulator({
		clock: virtualClock(time, Date.UTC(2026, 0, 1)),
		random: (byteLength) => Uint8Array.from({ length: byteLength }, () => state++ & 0xff),
		keyId: "rzp_test_1",
		keySecret: "s",
		webhook: {
			secret,
			async deliver(body, headers) {
				const signature = createHmac("sha256", secret).update(body).digest("hex");
				events.push({ name: JSON.parse(body).event, genuine: headers["x-razorpay-signature"] === signature });
				return 200;
			},
		},
	});
	async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
		const response = await simulator.fetch(`https://api.razorpay.com/v1${path}`, {
			method,
			headers: { authorization: `Basic ${btoa("rzp_test_1:s")}`, ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		return { status: response.status, body: JSON.parse(text) };
	}
	async function paidOrder(capture: "automatic" | "manual") {
		const { body } = await ask("POST", "/orders", { amount: 500, currency: "INR", payment: { capture } });
		return simulator.account.pay(body.id, true).id;
	}
	return { time, events, simulator, ask, paidOrder };
}

test("an order that is captured by hand is authorised first, and all of it is captured or nothing", async () => {
	const { ask, paidOrder } = account();
	const id = await paidOrder("manual");
	expect((await ask("GET", `/payments/${id}`)).body).toMatchObject({ status: "authorized", captured: false });
	expect((await ask("POST", `/payments/${id}/capture`, { amount: 300, currency: "INR" })).status).toBe(400);
	expect((await ask("POST", `/payments/${id}/capture`, { amount: 500, currency: "INR" })).body.status).toBe("captured");
	const again = await ask("POST", `/payments/${id}/capture`, { amount: 500, currency: "INR" });
	expect(again.body.error.description).toBe("This payment has already been captured");
});

test("what nobody captures goes back after three days, without fees", async () => {
	const { time, simulator, ask, paidOrder } = account();
	const id = await paidOrder("manual");
	time.run(73 * hourNs);
	expect((await ask("GET", `/payments/${id}`)).body).toMatchObject({ status: "refunded", captured: false, fee: null });
	expect(simulator.account.balance()).toBe(0);
});

test("a refund happens once for each idempotency key, and never gives back more than was paid", async () => {
	const { ask, paidOrder } = account();
	const id = await paidOrder("automatic");
	const key = { "x-refund-idempotency": "refund-one" };
	const first = await ask("POST", `/payments/${id}/refund`, { amount: 300 }, key);
	expect(await ask("POST", `/payments/${id}/refund`, { amount: 300 }, key)).toEqual(first);
	expect((await ask("POST", `/payments/${id}/refund`, { amount: 200 }, key)).status).toBe(400);
	expect((await ask("POST", `/payments/${id}/refund`, { amount: 201 })).status).toBe(400);
	expect((await ask("GET", `/payments/${id}/refunds`)).body).toMatchObject({ entity: "collection", count: 1 });
});

test("events are signed over their body, and a wrong key or an unknown id is refused", async () => {
	const { time, events, simulator, ask, paidOrder } = account();
	await paidOrder("automatic");
	time.run(hourNs);
	await simulator.idle();
	expect(events).toEqual(
		["payment.authorized", "payment.captured", "order.paid"].map((name) => ({ name, genuine: true })),
	);
	expect((await ask("GET", "/orders/order_none")).status).toBe(400);
	expect((await ask("GET", "/orders", undefined, { authorization: "Basic eA==" })).status).toBe(401);
});
