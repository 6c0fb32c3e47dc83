import { Hono } from "hono";
import { html } from "hono/html";
import type { RazorpayAccount, RazorpayOrder } from "./razorpay-account.ts";

/**
 * What stands in for Razorpay's Checkout, for people with a browser: the orders that wait, and for each a button for the
 * bank that says yes and one for the bank that says no.
 */
export function payPage(account: RazorpayAccount): Hono {
	/** Also while the cloud has not captured the money yet. */
	const isPaid = ({ id }: RazorpayOrder): boolean =>
		[...account.payments.values()].some(({ order_id, status }) => order_id === id && status !== "failed");
	const app = new Hono();
	app.get("/", (context) => {
		const waiting = [...account.orders.values()].filter((order) => !isPaid(order)).reverse();
		const rows = waiting.map(
			(order) => html`<li><a href="/pay/${order.id}">${priceOf(order)}</a> ${order.status}</li>`,
		);
		return context.html(page("Orders that wait to be paid", html`<ul>${rows}</ul>`));
	});
	app.get("/pay/:id", (context) => {
		const order = account.orders.get(context.req.param("id"));
		if (!order) return context.html(page("There is no such order", ""), 404);
		if (isPaid(order)) return context.html(page(`${priceOf(order)} is paid`, "Go back to the machine."));
		const tried = order.attempts > 0 ? html`<p>The bank said no ${order.attempts} ×.</p>` : "";
		const form = html`${tried}<form method="post">
			<button name="bank" value="yes">Pay ${priceOf(order)}</button>
			<button name="bank" value="no">Let the bank say no</button>
		</form>`;
		return context.html(page(`Pay ${priceOf(order)}`, form));
	});
	app.post("/pay/:id", async (context) => {
		const order = account.orders.get(context.req.param("id"));
		if (!order) return context.html(page("There is no such order", ""), 404);
		const { bank } = await context.req.parseBody();
		// Pressed twice: what is paid stays paid.
		if (!isPaid(order)) account.pay(order.id, bank === "yes");
		return context.redirect(`/pay/${order.id}`, 303);
	});
	return app;
}

/** `INR 100.00`, by the digits of the currency. */
function priceOf({ amount, currency }: RazorpayOrder): string {
	const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" });
	const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
	return format.format(amount / 10 ** digits).replaceAll("\u00a0", " ");
}

function page(title: string, content: unknown) {
	return html`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>body{font:1.2rem system-ui;margin:3rem auto;max-width:30rem;padding:0 1rem}button{font:inherit;padding:.6rem 1rem}</style>
<h1>${title}</h1>${content}<p><a href="/">Simulated Razorpay: no money moves.</a></p></html>`;
}
