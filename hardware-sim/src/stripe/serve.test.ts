import { once } from "node:events";
import { createServer } from "node:http";
import { systemClock } from "@visionvend/sdk/clock";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { serveStripe } from "./serve.ts";

function client(port: number): Stripe {
	return new Stripe("sk_test_123", { protocol: "http", host: "127.0.0.1", port, maxNetworkRetries: 0 });
}

test("the official client holds and captures money over a real port, and the event arrives signed", async () => {
	const types: string[] = [];
	const receiver = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (chunk: string) => {
			body += chunk;
		});
		request.on("end", () => {
			const signature = request.headers["stripe-signature"];
			types.push(Stripe.webhooks.constructEvent(body, String(signature), "whsec_1").type);
			response.end();
			receiver.emit("event");
		});
	});
	const port = await new Promise<number>((resolve) => {
		receiver.listen(0, "127.0.0.1", () => {
			const address = receiver.address();
			resolve(typeof address === "object" && address !== null ? address.port : 0);
		});
	});
	const arrival = once(receiver, "event");
	const served = await serveStripe({ webhook: { url: `http://127.0.0.1:${port}/`, secret: "whsec_1" } });
	const stripe = client(served.port);
	const { id } = await stripe.paymentIntents.create({
		amount: 500,
		currency: "usd",
		payment_method: "pm_card_visa",
		allowed_payment_method_types: ["card"],
		capture_method: "manual",
		confirm: true,
	});
	expect((await stripe.paymentIntents.capture(id, { amount_to_capture: 350 })).amount_received).toBe(350);
	await arrival;
	expect(types[0]).toBe("payment_intent.created");
	await served.close();
	receiver.closeAllConnections();
	await new Promise((resolve) => receiver.close(resolve));
});

test("a lost answer breaks the connection; the client's own retry with the same key finds the work done once", async () => {
	const served = await serveStripe({ clock: systemClock });
	let drops = 1;
	served.simulator.faults.dropResponse = () => drops-- > 0;
	const customer = await client(served.port).customers.create({ name: "Ada" }, { idempotencyKey: "ada" });
	expect(customer.name).toBe("Ada");
	expect((await client(served.port).customers.list()).data).toHaveLength(1);
	await served.close();
});
