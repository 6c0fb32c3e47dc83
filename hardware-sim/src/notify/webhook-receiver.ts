import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "@visionvend/sdk/clock";
import { Hono } from "hono";

/** An event that was believed. */
export interface ReceivedEvent {
	readonly id: string;
	readonly body: unknown;
}

const toleranceSeconds = 300;

/**
 * A program that receives webhooks as the Standard Webhooks specification 1.0 asks: it checks the signature over the raw
 * body, the age of the timestamp, and takes each id once.
 */
export class WebhookReceiver {
	readonly events: ReceivedEvent[] = [];
	/** Requests, believed or not. */
	requests = 0;
	/** Why requests were not believed. */
	readonly refusals: string[] = [];
	/** An answer in place of the work. */
	answer: 301 | 400 | 410 | 500 | 503 | undefined;
	/** It has the event, and its answer is lost. */
	losesAnswers = false;
	readonly app = new Hono();
	readonly #clock: Clock;

	/** @param secret is asked for at each request; `whsec_…` */
	constructor(clock: Clock, secret: () => string) {
		this.#clock = clock;
		this.app.post("/hooks", async (context) => {
			this.requests += 1;
			if (this.answer === 301) return context.redirect("http://169.254.169.254/latest/meta-data", 301);
			if (this.answer !== undefined) return context.text("no", this.answer);
			const body = await context.req.text();
			const refusal = this.#check(secret(), (name) => context.req.header(name) ?? "", body);
			if (refusal !== undefined) {
				this.refusals.push(refusal);
				return context.text(refusal, 401);
			}
			const id = context.req.header("webhook-id") ?? "";
			if (!this.events.some((event) => event.id === id)) this.events.push({ id, body: JSON.parse(body) });
			if (this.losesAnswers) return context.text("", 503);
			return context.body(null, 204);
		});
	}

	#check(secret: string, header: (name: string) => string, body: string): string | undefined {
		const id = header("webhook-id");
		const timestamp = header("webhook-timestamp");
		if (id === "" || !/^\d+$/.test(timestamp)) return "a header is missing";
		const ageSeconds = Math.abs(this.#clock.now() / 1_000 - Number(timestamp));
		if (ageSeconds > toleranceSeconds) return "the timestamp is too old";
		const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
		const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
		const good = header("webhook-signature")
			.split(" ")
			.filter((signature) => signature.startsWith("v1,"))
			.map((signature) => Buffer.from(signature.slice(3), "base64"))
			.some((signature) => signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected));
		return good ? undefined : "no signature fits";
	}
}
