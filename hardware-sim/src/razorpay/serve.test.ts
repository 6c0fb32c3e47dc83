import { expect, test } from "vitest";
import { createRazorpay } from "../../../cloud-lite/src/payments/razorpay-client.ts";
import { serveRazorpay } from "./serve.ts";

test("4.5 a person pays an order on the page, after the bank has said no once, and the official client sees it", async () => {
	const key = { keyId: "rzp_test_1", keySecret: "secret" };
	const served = await serveRazorpay({ port: 0, ...key });
	const { client, uploadEvidence } = createRazorpay({ ...key, baseUrl: served.url });
	const { id } = await client.orders.create({ amount: 10_000, currency: "INR", payment: { capture: "manual" } });
	expect(await (await fetch(served.url)).text()).toContain(`<a href="/pay/${id}">INR 100.00</a>`);
	const press = async (bank: string) => {
		const body = new URLSearchParams({ bank });
		return (await fetch(`${served.url}/pay/${id}`, { method: "POST", body })).text();
	};
	expect(await press("no")).toContain("The bank said no 1");
	expect((await client.orders.fetch(id)).status).toBe("attempted");
	expect(await press("yes")).toContain("INR 100.00 is paid");
	await press("yes");
	expect((await client.orders.fetchPayments(id)).items.map(({ status }) => status)).toEqual(["failed", "authorized"]);
	expect(await (await fetch(served.url)).text()).not.toContain(id);
	expect((await fetch(`${served.url}/pay/nothing`)).status).toBe(404);
	expect(await uploadEvidence(new Uint8Array([1, 2, 3]))).toMatch(/^doc_/);
	await served.close();
});
